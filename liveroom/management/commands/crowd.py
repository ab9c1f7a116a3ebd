"""`manage.py crowd`: viewers over real sockets, who do what viewers do; at the end, what they saw."""

import argparse
import asyncio
import contextlib
import json
import math
import signal
import sys
from functools import partial
from random import SystemRandom
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.utils import translation
from django.utils.translation import gettext as _

from liveroom.address import own_url
from liveroom.crowd import plan as plans
from liveroom.crowd.plan import Impossible, Plan
from liveroom.crowd.progress import Progress
from liveroom.crowd.report import Summary, rows, summary_of
from liveroom.crowd.run import Crowd, run
from liveroom.language import LANGUAGES, language_of_environment

WRONG = 2
"""Exit code when the crowd cannot begin; 1: something was lost or doubled, or nobody was there to tell."""
VIEWERS_MAX = 20_000
LOOK_WITHIN = 5.0
"""Seconds in which the server has to say whether there is such a room."""

EPILOG = """\
Exit code: 0 when nothing was lost or doubled, 1 when something was, or a viewer was not back at the end, or nobody
came in, 2 when the crowd could not begin.

One process plays about a thousand viewers before it is busier than the server. The server's limits hold: one comment
a second and viewer (LIVEROOM_RATE), 40 a second and room (LIVEROOM_ROOM_BUDGET). Guests must be allowed to talk
(LIVEROOM_GUESTS=talk, as make run sets it).
"""


def number(least: float, most: float, *, whole: bool = False, above: bool = False) -> Any:
    """What argparse reads a number with; says within what it has to be. ``above``: more than ``least``."""

    def read(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {'whole ' if whole else ''}number") from None
        if not math.isfinite(value) or value > most or value < least or (above and value == least):
            raise argparse.ArgumentTypeError(f"{text} is not {'above' if above else 'from'} {least:g} up to {most:g}")
        return value

    return read


class Command(BaseCommand):
    help = "Bring viewers into a room: they comment, like, follow and buy. At the end: what they saw, and how late."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, epilog=EPILOG, **kwargs)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        rate = number(0, 10_000)
        parser.add_argument("slug", help="the room's name in addresses, such as demo")
        parser.add_argument(
            "--viewers", type=number(1, VIEWERS_MAX, whole=True), default=50, help="how many come (default: 50)"
        )
        parser.add_argument(
            "--minutes", type=number(0, 1440, above=True), default=5.0, help="how long they stay (default: 5)"
        )
        parser.add_argument(
            "--ramp", type=number(0, 3600), help="seconds over which they come in (default: 1 per 30 viewers)"
        )
        parser.add_argument("--comments-per-second", type=rate, default=2.0, help="of all together (default: 2)")
        parser.add_argument("--likes-per-second", type=rate, default=5.0, help="of all together (default: 5)")
        parser.add_argument("--buys-per-minute", type=rate, default=6.0, help="of all together (default: 6)")
        parser.add_argument("--follows-per-minute", type=rate, default=10.0, help="of all together (default: 10)")
        parser.add_argument(
            "--churn",
            type=number(0, 10),
            default=0.1,
            help="share of the viewers that loses its connection and comes back, per minute (default: 0.1)",
        )
        parser.add_argument("--language", choices=LANGUAGES, help="what they speak (default: from LANG, else en)")
        parser.add_argument("--seed", type=int, help="draws the same crowd again (default: another one each time)")
        parser.add_argument("--url", help="the server (default: http://HOST:PORT of the environment, 127.0.0.1:8000)")
        parser.add_argument(
            "--yes-i-own-this-server", action="store_true", help="allow a server that is not this machine"
        )
        parser.add_argument("--json", action="store_true", help="print the summary as JSON; progress goes to stderr")

    def handle(self, *args: Any, **options: Any) -> None:
        language = options["language"] or language_of_environment()
        plan = self._plan(options, language)
        with translation.override(LANGUAGES[language]):
            try:
                plans.check_host(plan, owned=options["yes_i_own_this_server"])
                plans.check_files(plan.viewers)
                check_server(plan)
                summary = self._run(plan, self.stderr if options["json"] else self.stdout)
            except Impossible as error:
                raise CommandError(str(error), returncode=WRONG) from None
            except KeyboardInterrupt:
                raise CommandError(_("Ended before anybody came."), returncode=WRONG) from None
            text = json.dumps(summary.json()) if options["json"] else "\n".join(rows(summary))
        self.stdout.write(text)
        if not summary.good:
            sys.exit(1)

    @staticmethod
    def _plan(options: dict[str, Any], language: str) -> Plan:
        viewers = options["viewers"]
        seconds = options["minutes"] * 60
        ramp = options["ramp"] if options["ramp"] is not None else viewers / 30
        return Plan(
            url=options["url"] or own_url(),
            slug=options["slug"],
            viewers=viewers,
            seconds=seconds,
            ramp=min(ramp, seconds / 2),
            comments_per_second=options["comments_per_second"],
            likes_per_second=options["likes_per_second"],
            buys_per_minute=options["buys_per_minute"],
            follows_per_minute=options["follows_per_minute"],
            churn=options["churn"],
            language=language,
            seed=options["seed"] if options["seed"] is not None else SystemRandom().randrange(10**9),
        )

    def _run(self, plan: Plan, out: OutputWrapper) -> Summary:
        found: list[Summary] = []

        async def live() -> None:
            crowd = Crowd(plan)
            room = await crowd.look()
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, crowd.stop)
            for warning in plans.warnings(plan, room.state):
                out.write(warning)
            out.write(
                _("%(viewers)d viewers are coming to “%(title)s”; Ctrl-C ends it. Seed %(seed)d.")
                % {"viewers": plan.viewers, "title": room.state.room["title"], "seed": plan.seed}
            )
            show = Progress(crowd, partial(out.write, ending="", style_func=str), terminal=out.isatty())
            progress = asyncio.create_task(show.show())
            try:
                await crowd.run()
            finally:
                progress.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await progress
            found.append(summary_of(crowd))

        run(live())
        return found[0]


def check_server(plan: Plan) -> None:
    """Whether a server is there, and has such a room; raises Impossible."""
    address = plan.url.replace("ws", "http", 1) if plan.url.startswith("ws") else plan.url
    try:
        answer = httpx.get(f"{address.rstrip('/')}/api/rooms/{plan.slug}/", timeout=LOOK_WITHIN, trust_env=False)
    except httpx.HTTPError as error:
        raise Impossible(
            _("No server answers at %(url)s (%(error)s). Start it with make run, or name it with --url.")
            % {"url": plan.url, "error": error}
        ) from None
    except httpx.InvalidURL:
        raise Impossible(_("%(url)s is no address of a server.") % {"url": plan.url}) from None
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise Impossible(
            _("There is no room “%(slug)s” at %(url)s; its list shows those that are there.")
            % {"slug": plan.slug, "url": plan.url}
        )
    if not answer.is_success:
        raise Impossible(
            _("The server at %(url)s answers %(status)d: it cannot serve now, or it is another one.")
            % {"url": plan.url, "status": answer.status_code}
        )
