"""What an operator is told of a refusal: in his language, without the words that are for developers."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from products.models import ShelfItem
from rooms.admin_forms import REASONS, reason
from rooms.messages import Code, Refused
from rooms.models import Room
from tests.admin_pages import Page


@pytest.mark.parametrize(("code", "field"), [*REASONS, (Code.INTERNAL, None), (Code.BAD_MESSAGE, "word")])
@pytest.mark.parametrize("limit", [None, 7])
def test_every_reason_is_translated(code: Code, field: str | None, limit: int | None) -> None:
    """The service's English is in none of them."""
    with translation.override("zh-hans"):
        said = reason(Refused(code, "In English.", field=field, limit=limit))
    assert re.search("[\u4e00-\u9fff]", said)
    assert not re.search("[A-Za-z]{2}|[(]", said.replace("None", ""))


def test_an_operator_reads_his_language(browser: Client, room: Room, item: ShelfItem, host: User) -> None:
    """In forms, and of the buttons of rows."""
    browser.cookies["django_language"] = "zh-hans"
    page = Page(browser, "admin:rooms_sanction_add")
    assert page.refused({"kind": "mute", "user": host.pk, "room": room.pk}) == ["主播、助理和管理员不能被禁言或封禁。"]
    address = reverse("admin:rooms_room_item", args=[room.pk, item.pk, "stock"])
    assert "库存不足。" in browser.post(address, {"change": "-99"}, follow=True).text
