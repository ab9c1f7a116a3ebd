"""docs/protocol.md names all that goes over the wire."""

import re

import pytest
from django.conf import settings

from liveroom.consumers import LiveRoomConsumer
from products.messages import ShelfAction
from rooms.messages import Close, Code, ServerFrame

PAGE = (settings.BASE_DIR / "docs" / "protocol.md").read_text()


def tags(kind: type[ServerFrame]) -> set[str]:
    """The msg_types of a frame's struct and of all that are made of it."""
    own = {str(kind.__struct_config__.tag)} if kind.__struct_config__.tag and kind.__module__ != "builtins" else set()
    return own.union(*(tags(each) for each in kind.__subclasses__()))


@pytest.mark.parametrize(
    "names",
    [set(LiveRoomConsumer.routes), tags(ServerFrame) - {"ServerFrame", "DurableFrame"}, set(Code), set(ShelfAction)],
    ids=["client frames", "server frames", "errors", "actions"],
)
def test_every_name_is_there(names: set[str]) -> None:
    """As code, as it is typed."""
    assert names
    assert names - set(re.findall(r"`(\w+)(?: \{[^`]*)?`", PAGE)) == set()


def test_every_close_code_is_there() -> None:
    """In the table."""
    assert {str(int(code)) for code in Close} - set(re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE)) == set()
