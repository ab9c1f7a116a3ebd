"""The newest comments where a room is run."""

import re

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.admin_comments import NEWEST
from rooms.models import Room
from tests import factories
from tests.admin_pages import member, signed_in

CHANGE = "admin:rooms_room_change"


def test_they_are_few_and_have_their_buttons(browser: Client, room: Room) -> None:
    """Newest first, with what may be done about them."""
    factories.make_comments(room, factories.make_user(), *(f"said {number}" for number in range(NEWEST + 3)))
    page = browser.get(reverse(CHANGE, args=[room.pk])).text
    assert re.findall(r'class="said"[^>]*>([^<]*)<', page) == [f"said {n}" for n in range(NEWEST + 2, 2, -1)]
    assert page.count("do-remove") == NEWEST
    assert 'aria-labelledby="newest-heading"' in page
    assert '<span id="newest-heading">Newest comments</span>' in page


def test_their_buttons_lead_back_to_them(browser: Client, room: Room) -> None:
    """On the room's page as in the list, without a script too."""
    (pk,) = factories.make_comments(room, factories.make_user(), "said")
    for page in (reverse(CHANGE, args=[room.pk]), reverse("admin:rooms_comment_changelist")):
        response = browser.post(reverse("admin:rooms_comment_do", args=[pk, "pin"]), {"next": page})
        assert response["Location"] == f"{page}#comment-{pk}"
        assert f'id="comment-{pk}"' in browser.get(page).text


def test_who_may_not_see_comments_sees_none(room: Room) -> None:
    """And who may only look has no buttons."""
    factories.make_comments(room, factories.make_user(), "said here")
    looks = member("view_room", "view_comment")
    page = looks.get(reverse(CHANGE, args=[room.pk])).text
    assert ("said here" in page, "do-remove" in page) == (True, False)
    staff = User.objects.get(username="staff")
    staff.user_permissions.remove(Permission.objects.get(codename="view_comment"))
    assert "said here" not in signed_in(staff).get(reverse(CHANGE, args=[room.pk])).text


def test_a_look_takes_no_message_away(browser: Client, room: Room) -> None:
    """What was said to the operator is for the page that he sees, and not for what its script asks."""
    browser.post(reverse("admin:rooms_room_do", args=[room.pk, "pause"]), {"seen": "live"})
    address = reverse("admin:rooms_comment_changelist")
    assert "messagelist" not in browser.get(address, headers={"X-Look": "1"}).text
    assert "messagelist" in browser.get(address).text
