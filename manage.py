#!/usr/bin/env python
"""Django's command-line entry point."""

import sys

from django.core.management import execute_from_command_line

from liveroom.startup import load_settings, one_line


def main() -> None:
    load_settings()
    with one_line():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
