"""What holds for every test run: loaded by pytest (`-p tests.environment`) before pytest-django reads the settings.

What the caller set stays: `DATABASE_URL=postgres://... make test` runs the same tests on PostgreSQL.
"""

import os

import pytest

os.environ.setdefault("DEBUG", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser's tests last: Playwright's loop runs on in the main thread, where no other could start then."""
    items.sort(key=lambda item: "browser" in item.path.parts)
