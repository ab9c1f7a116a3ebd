"""What the administration says of an item, and what it keeps of a change of one."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from products.models import ShelfItem

LOGGED = {"on_shelf": "on the shelf", "explaining": "being explained", "stock": "stock", "position": "position"}
"""What is noted of a button of an item, as the history has it."""


def changed_text(item: ShelfItem, names: Iterable[str]) -> dict[str, Any]:
    """A change of these fields of an item, for the history of its room."""
    return {"changed": {"name": "shelf item", "object": str(item), "fields": [LOGGED[name] for name in names]}}


def said_of(action: str, item: ShelfItem) -> str:
    """What came of an action of an item."""
    texts = {
        "on": gettext("“%(item)s” is on the shelf."),
        "off": gettext("“%(item)s” is off the shelf."),
        "explain": gettext("“%(item)s” is being explained."),
        "stop": gettext("“%(item)s” is not explained any more."),
        "stock": gettext("“%(item)s”: %(stock)d in stock."),
    }
    return texts.get(action, gettext("“%(item)s” was moved.")) % {"item": item, "stock": item.stock}
