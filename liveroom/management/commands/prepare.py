"""`manage.py prepare`: everything between the installation and the first request, and nothing of it twice."""

import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from liveroom.address import own_host, own_url
from liveroom.language import LANGUAGES, language_of_environment
from rooms.messages import Refused
from rooms.models import Room


class Command(BaseCommand):
    help = "Migrate, make the demo where there is no room, and an administrator where there is none; say where to go."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="where the server is found (default: http://HOST:PORT of the environment)")
        parser.add_argument("--host", help="address that the server listens on (default: HOST of the environment)")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(LANGUAGES[language_of_environment()]):
            self._prepare(options["url"] or own_url(), options["host"] or own_host(), options["verbosity"])

    def _prepare(self, base: str, host: str, verbosity: int) -> None:
        settings.VAR_DIR.mkdir(mode=0o700, exist_ok=True)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            # What Django says meanwhile is forty lines, and English for everybody.
            self.stdout.write(_("Setting up the database ..."))
            call_command("migrate", interactive=False, verbosity=max(verbosity - 1, 0))
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        # Where an operator has made, renamed or removed anything, nothing of the demo comes back.
        if not Room.objects.exists():
            self._demo()
        if settings.DEBUG and host not in ("127.0.0.1", "::1", "localhost"):
            self.stderr.write(
                _("DEBUG is on: this is for networks that you trust. For others set DEBUG=0 and SECRET_KEY.")
            )
        room = settings.LIVEROOM_DEFAULT_ROOM
        if not Room.objects.filter(slug=room).exists():
            self.stderr.write(_("LIVEROOM_DEFAULT_ROOM is “%(slug)s”, and there is no such room.") % {"slug": room})
            room = Room.objects.order_by("pk").values_list("slug", flat=True).first() or ""
        self.stdout.write(_("Room:  %(address)s") % {"address": f"{base}/{f'rooms/{room}/' if room else ''}"})
        self.stdout.write(
            _("Admin: %(address)s") % {"address": f"{base}/admin/  {administrator(settings.VAR_DIR / 'admin.txt')}"}
        )
        if room:
            crowd = command_line(f"crowd {room} --viewers 50 --minutes 5 --url {base}")
            self.stdout.write(_("Crowd: %(command)s") % {"command": crowd})

    def _demo(self) -> None:
        try:
            call_command("demo")
        except Refused as refused:
            # Products that an operator has left without a room may be of another kind than the demo's.
            self.stderr.write(_("The demo rooms could not be made: %(reason)s") % {"reason": refused.detail})


def administrator(file: Path) -> str:
    """Create an administrator if no account can be one, and return what the operator is told about signing in.

    Name and password are kept in `file`. An account is never changed: where its password is not the file's any more,
    the answer says so and how to set another one.
    """
    name, password = read_credentials(file)
    known = User.objects.filter(username=name).first() if name else None
    if not User.objects.filter(is_superuser=True, is_active=True).exists():
        if not password or known:
            taken = User.objects.filter(username="admin").exists()
            name, password = f"admin-{secrets.token_hex(3)}" if taken else "admin", secrets.token_urlsafe(12)
            # Before the account: a crash between the two leaves a password without an account, not the reverse.
            write_credentials(file, name, password)
        User.objects.create_superuser(name, password)
    elif known is None or not known.check_password(password):
        names = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").values_list("username", flat=True)
        return _("sign in as %(names)s  (a new password: %(command)s)") % {
            "names": ", ".join(names[:3]),
            "command": command_line(f"changepassword {names[0]}"),
        }
    return _("name: %(name)s  password: %(password)s  (kept in %(file)s)") % {
        "name": name,
        "password": password,
        "file": os.path.relpath(file),
    }


def command_line(command: str) -> str:
    """A management command as it is typed in a second terminal."""
    line = f"{os.path.relpath(sys.executable)} manage.py {command}"
    return f"DEBUG=1 {line}" if settings.DEBUG else line


def read_credentials(file: Path) -> tuple[str, str]:
    """Return name and password from their two lines, or two empty strings when the file is gone or spoilt."""
    lines = file.read_text().split() if file.exists() else []
    return (lines[0], lines[1]) if len(lines) == 2 else ("", "")


def write_credentials(file: Path, name: str, password: str) -> None:
    """Put the file there whole, and at no moment readable to anybody but its owner."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"{name}\n{password}\n")
    os.replace(draft, file)
