"""`manage.py demo`: something to look at from the first start on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.translation import gettext as _

from liveroom.address import own_url
from liveroom.demo.content import SHOWS, Show
from liveroom.demo.make import show_create
from liveroom.language import LANGUAGES, language_of_environment
from rooms.models import Room


class Command(BaseCommand):
    help = (
        "Make two rooms to look at, one live and one that is to begin, with hosts, products, pictures and an hour's "
        "history. A room that is there already is not changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--language", choices=LANGUAGES, help="of what is said and sold in the rooms (default: from LANG, else en)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        language = options.get("language") or language_of_environment()
        with translation.override(LANGUAGES[language]):
            for show in SHOWS:
                try:
                    made = show_create(show, language)
                except DatabaseError:
                    if not _migrations_left():
                        raise
                    raise CommandError(
                        _("The database is not set up. Run manage.py migrate, or make run, first.")
                    ) from None
                self.stdout.write(_made(show) if made else _there(show))


def _migrations_left() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _made(show: Show) -> str:
    room = Room.objects.get(slug=show.slug)
    text = _("Made the room “%(slug)s” (%(status)s): %(items)d items, %(comments)d comments. %(url)s")
    return text % {
        "slug": show.slug,
        "status": room.get_status_display(),
        "items": len(show.goods),
        "comments": len(show.said),
        "url": f"{own_url()}/rooms/{show.slug}/",
    }


def _there(show: Show) -> str:
    return _("The room “%(slug)s” is there already; nothing was changed.") % {"slug": show.slug}
