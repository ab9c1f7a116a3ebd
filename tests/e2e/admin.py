"""An operator's browser, as far as the administration's forms need one."""

from html.parser import HTMLParser
from typing import Self

import httpx

from tests.e2e.client import DEADLINE

Attributes = list[tuple[str, str | None]]
Values = dict[str, list[str]]


class Operator:
    """Somebody signed in to the administration of one process, by its own form."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=DEADLINE, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.aclose()

    async def sign_in(self, username: str, password: str) -> None:
        """Fill in the login form and send it."""
        form = await self.open("/admin/login/?next=/admin/", "login-form")
        await self.save("/admin/login/?next=/admin/", form | {"username": [username], "password": [password]})

    async def open(self, path: str, form_id: str) -> Values:
        """What a browser would send of a form that nobody touched."""
        page = await self._http.get(path)
        assert page.status_code == 200, f"{path}: {page.status_code} {page.text[:500]}"
        form = Form(form_id)
        form.feed(page.text)
        assert "csrfmiddlewaretoken" in form.values, f"{path} has no form {form_id}"
        return form.values

    async def save(self, path: str, values: Values) -> None:
        """Send a form that must be accepted."""
        answer = await self._http.post(path, data=values, headers={"Referer": str(self._http.base_url)})
        assert answer.status_code == 302, answer.text


class Form(HTMLParser):
    """Reads the fields of one form of a page."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.values: Values = {}
        self._form_id = form_id
        self._inside = False
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attributes: Attributes) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._inside = values.get("id") == self._form_id
        elif not self._inside or values.get("form", self._form_id) != self._form_id:
            return
        elif tag == "input":
            self._input(values)
        elif tag == "select":
            self._select = values["name"]
        elif tag == "option" and "selected" in values:
            self.values.setdefault(self._select, []).append(values["value"])
        elif tag == "textarea":
            self._textarea = values["name"]
            self.values[self._textarea] = [""]

    def _input(self, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        if kind in ("submit", "button", "file") or (kind in ("checkbox", "radio") and "checked" not in values):
            return
        if "name" in values:
            self.values.setdefault(values["name"], []).append(values.get("value", "on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            # A newline right after the tag is no part of the text.
            self.values[self._textarea][0] += data.removeprefix("\n").removeprefix("\r\n")


def row_of(values: Values, item_id: int) -> str:
    """The prefix of an item's fields in a room's form."""
    (name,) = [name for name, value in values.items() if name.endswith("-id") and value == [str(item_id)]]
    return name.removesuffix("-id")
