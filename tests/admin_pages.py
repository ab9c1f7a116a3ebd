"""The administration as a browser has it: a form's fields are read from the page and sent back, with some changed."""

import json
from html.parser import HTMLParser
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.models import Event, Room

Values = dict[str, list[str]]
Frame = dict[str, Any]


def signed_in(user: User) -> Client:
    """A browser in which that account is logged in."""
    client = Client()
    client.force_login(user)
    return client


def member(*permissions: str) -> Client:
    """A browser of a member of the staff with these permissions alone."""
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


class _FormReader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self._form_id = form_id
        self._inside = False
        self._select: tuple[str, bool, list[str], list[str]] | None = None
        self._textarea: str | None = None
        self.values: Values = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "form":
            self._inside = found.get("id") == self._form_id
        if not self._inside:
            return
        if tag == "option" and self._select is not None:
            self._select[2].append(found.get("value") or "")
            if "selected" in found:
                self._select[3].append(found.get("value") or "")
        # What names another form is sent with that one.
        if not name or "disabled" in found or found.get("form", self._form_id) != self._form_id:
            return
        if tag == "input" and found.get("type") in ("checkbox", "radio"):
            if "checked" in found:
                self.values[name] = [found.get("value") or "on"]
        elif tag == "input" and found.get("type") != "submit":
            self.values[name] = [found.get("value") or ""]
        elif tag == "select":
            self._select = name, "multiple" in found, [], []
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self.values[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select" and self._select is not None:
            name, multiple, options, selected = self._select
            self.values[name] = selected if multiple or selected else options[:1]
            self._select = None


class Page:
    """A form of the administration, as it was when it was opened; ``url`` names one of its views."""

    def __init__(self, browser: Client, url: str, *args: Any, **query: Any) -> None:
        self.browser = browser
        self.url = reverse(url, args=args, query=query)
        self.form_id = f"{url.split(':')[1].split('_')[1]}_form"
        self.read(browser.get(self.url))

    def read(self, response: Any) -> None:
        """Take the form as that answer shows it."""
        assert response.status_code == 200
        self.response = response
        self.text: str = response.text
        reader = _FormReader(self.form_id)
        reader.feed(self.text)
        self.values = reader.values

    def new_row(self, prefix: str, number: int, **fields: Any) -> dict[str, Any]:
        """The fields of a row that the page's script adds after ``number`` others: the empty one, filled in."""
        empty, row = f"{prefix}-__prefix__-", f"{prefix}-{number}-"
        copied = {
            row + name.removeprefix(empty): value for name, value in self.values.items() if name.startswith(empty)
        }
        filled = {row + name: value for name, value in fields.items()}
        return {f"{prefix}-TOTAL_FORMS": str(number + 1), **copied, **filled}

    def post(self, changes: dict[str, Any]) -> Any:
        """Send the form with these fields changed; None takes a field away, as unchecking a box does."""
        self.browser.cookies.pop("messages", None)
        sent = {**self.values, **changes}
        return self.browser.post(self.url, {name: value for name, value in sent.items() if value is not None})

    def save(self, changes: dict[str, Any]) -> str:
        """Send it, see that it is saved, and return what the administration says."""
        response = self.post(changes)
        assert response.status_code == 302, errors(response)
        (message,) = get_messages(response.wsgi_request)
        assert message.level_tag == "success"
        return str(message)

    def refused(self, changes: dict[str, Any]) -> list[str]:
        """Send it, see that nothing was saved or said to be, and return the errors; the page becomes the answer."""
        before = LogEntry.objects.count(), Event.objects.count()
        response = self.post(changes)
        self.read(response)
        assert list(get_messages(response.wsgi_request)) == []
        assert (LogEntry.objects.count(), Event.objects.count()) == before
        return errors(response)


def errors(response: Any) -> list[str]:
    """The errors of a form, as text."""
    return [str(line) for part in response.context["errors"] for line in (part if isinstance(part, list) else [part])]


def act(browser: Client, url: str, action: str, *keys: int, **fields: str) -> list[tuple[str, str]]:
    """Run an action of a list on these rows; returns what the administration says, as (level, text)."""
    browser.cookies.pop("messages", None)
    response = browser.post(reverse(url), {"action": action, "_selected_action": [str(key) for key in keys], **fields})
    assert response.status_code == 302
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def frames(room: Room, *, after: int = 0) -> list[Frame]:
    """The events of a room's log after a seq, without ``seq`` and ``ts``; they are numbered without a gap."""
    events = list(Event.objects.filter(room=room, seq__gt=after).order_by("seq"))
    assert [event.seq for event in events] == list(range(after + 1, after + 1 + len(events)))
    found = [json.loads(event.payload) for event in events]
    return [{name: value for name, value in frame.items() if name not in ("seq", "ts")} for frame in found]


def history() -> list[str]:
    """What the administration's history says, oldest first."""
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
