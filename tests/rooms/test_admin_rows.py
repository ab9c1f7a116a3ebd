"""Actions as buttons in the rows of rooms and comments; what the administration's pages show beside its forms."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.admin_pictures import PictureInput, picture
from accounts.models import User
from rooms.models import Comment, Room, Sanction, from_ms
from rooms.services.comments import comment_pin
from rooms.services.rooms import room_set_status
from rooms.transaction import RoomTransaction
from tests import factories
from tests.admin_pages import Page, frames, history, member
from tests.clients import Clock

ROOMS = "admin:rooms_room_changelist"
COMMENTS = "admin:rooms_comment_changelist"
CHANGE = "admin:rooms_room_change"
STALE = "Demo: nothing was done, for the show is %s by now. Please look, and choose again."


def address(row: Any, action: str) -> str:
    return reverse(f"admin:rooms_{row._meta.model_name}_do", args=[row.pk, action])


def press(browser: Client, row: Any, action: str, **fields: str) -> list[tuple[str, str]]:
    """Press a button of a row; returns what the administration says, as (level, text)."""
    browser.cookies.pop("messages", None)
    response = browser.post(address(row, action), fields)
    assert response.status_code == 302
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def offered(browser: Client, url: str, row: Any) -> list[str]:
    """The buttons that a page has for a row."""
    page = browser.get(url).text
    steps, writers = ("start", "pause", "end", "start_new"), ("mute", "unmute", "ban", "unban")
    names = (*steps, "pin", "unpin", "remove", *(f"{name}_writers" for name in writers))
    return [name for name in names if f'formaction="{address(row, name)}"' in page]


@pytest.mark.parametrize(
    ("status", "steps"),
    [("scheduled", ["start"]), ("live", ["pause", "end"]), ("paused", ["start", "end"]), ("ended", ["start_new"])],
)
def test_a_room_offers_its_next_steps(browser: Client, host: User, status: str, steps: list[str]) -> None:
    """In the list and on its form."""
    room = factories.make_room(host=host, status=status)
    for url in (reverse(ROOMS), reverse(CHANGE, args=[room.pk])):
        assert offered(browser, url, room) == steps


def test_a_room_is_run_by_its_buttons(browser: Client, room: Room) -> None:
    """One click, one event, one line of history; a step that there is none of is an error."""
    assert press(browser, room, "pause") == [("success", "Demo is paused.")]
    assert press(browser, room, "start") == [("success", "Demo is live.")]
    assert press(browser, room, "end", confirmed="yes") == [("success", "Demo is ended.")]
    ((level, text),) = press(browser, room, "pause")
    assert (level, text.startswith("Demo: This step is not possible now.")) == ("error", True)
    assert [frame["room"]["status"] for frame in frames(room)] == ["paused", "live", "ended"]
    assert history() == ["Changed status."] * 3


def test_a_new_show_has_a_button_of_its_own(browser: Client, room: Room) -> None:
    """Who means to go on begins no new show, and who means to begin one interrupts none."""
    ((level, text),) = press(browser, room, "start_new")
    assert (level, text) == ("error", STALE % "live")
    assert press(browser, room, "end", confirmed="yes")[0][0] == "success"
    assert press(browser, room, "start") == [("error", STALE % "ended")]
    assert Room.objects.get().show == 1
    assert press(browser, room, "start_new") == [("success", "Demo is live.")]
    assert Room.objects.get().show == 2


def test_a_button_that_was_drawn_for_another_state(browser: Client, room: Room) -> None:
    """Does nothing: "end" of the last show does not end the next one."""
    page = browser.get(reverse(ROOMS)).text
    assert f'formaction="{address(room, "end")}" name="seen" value="live 1"' in page
    for status in ("ended", "live"):
        with RoomTransaction(room.pk) as tx:
            room_set_status(tx, room_id=room.pk, status=status)
    assert press(browser, room, "end", confirmed="yes", seen="live 1") == [("error", STALE % "live")]
    assert press(browser, room, "pause", seen="live 2") == [("success", "Demo is paused.")]


def test_the_end_is_asked_about(browser: Client, room: Room) -> None:
    """On a page that works without a script: its form sends all that was sent, and the answer."""
    sent = {"seen": "live 1", "next": reverse(CHANGE, args=[room.pk])}
    asked = browser.post(address(room, "end"), sent)
    assert asked.status_code == 200
    assert frames(room) == []
    for name, value in {**sent, "confirmed": "yes"}.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in asked.text
    assert f'action="{address(room, "end")}"' in asked.text
    response = browser.post(address(room, "end"), {**sent, "confirmed": "yes"})
    assert response["Location"] == f"{sent['next']}#room-{room.pk}"
    assert Room.objects.get().status == "ended"


def test_a_comment_is_pinned_taken_off_and_taken_down(browser: Client, room: Room, viewer: User) -> None:
    """The buttons follow what is so."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    sanctions = ["mute_writers", "ban_writers"]
    assert offered(browser, reverse(COMMENTS), comment) == ["pin", "remove", *sanctions]
    assert press(browser, comment, "pin") == [("success", "The comment is pinned in Demo.")]
    assert offered(browser, reverse(COMMENTS), comment) == ["unpin", "remove", *sanctions]
    assert press(browser, comment, "unpin") == [("success", "Demo: no comment is pinned any more.")]
    assert press(browser, comment, "unpin") == [("warning", "Demo: not pinned.")]
    assert press(browser, comment, "remove") == [("success", "1 comment was removed.")]
    assert offered(browser, reverse(COMMENTS), comment) == sanctions
    kinds = [frame["msg_type"] for frame in frames(room, after=1)]
    assert kinds == ["pin", "pin", "remove"]
    assert history() == ["Changed pinned comment.", "Changed pinned comment.", "Changed state."]


@pytest.mark.parametrize(("chosen", "seconds"), [("600", 600), ("3600", 3600), ("86400", 86400), ("ever", None)])
def test_a_writer_is_muted_by_a_button(
    browser: Client, room: Room, viewer: User, clock: Clock, chosen: str, seconds: int | None
) -> None:
    """For as long as it says, and another lifts it; what is said names him."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    assert f'name="for" value="{chosen}"' in browser.get(reverse(COMMENTS)).text
    ((level, said),) = press(browser, comment, "mute_writers", **{"for": chosen})
    assert (level, said.startswith(f"{viewer}: muted ")) == ("success", True)
    until = Sanction.objects.get().until
    assert until == (None if seconds is None else from_ms(clock.now + 1000 * seconds))
    assert offered(browser, reverse(COMMENTS), comment) == ["pin", "remove", "unmute_writers", "ban_writers"]
    assert press(browser, comment, "unmute_writers") == [("success", f"{viewer} is not muted any more.")]
    assert Sanction.objects.get().state == "lifted"
    assert press(browser, comment, "unmute_writers") == [("warning", f"{viewer}: there is nothing to lift.")]
    assert history() == ["Added.", "Changed ending."]


@pytest.mark.parametrize("chosen", ["", "60", "x"])
def test_a_writer_is_muted_for_no_other_time(browser: Client, room: Room, viewer: User, chosen: str) -> None:
    """Than those that are offered."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    assert press(browser, comment, "mute_writers", **{"for": chosen}) == [("error", "This time is not possible.")]
    assert not Sanction.objects.exists()


def test_a_ban_is_lifted_by_a_button(browser: Client, room: Room, viewer: User) -> None:
    """In this room; what holds in all rooms is lifted where it was imposed."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    assert press(browser, comment, "ban_writers") == [("success", f"{viewer} is banned.")]
    assert offered(browser, reverse(COMMENTS), comment) == ["pin", "remove", "mute_writers", "unban_writers"]
    assert press(browser, comment, "unban_writers") == [("success", f"{viewer} is not banned any more.")]
    everywhere = Sanction.objects.create(kind="ban", user=viewer)
    text = f"{viewer}: this holds in all rooms. It is lifted in the list of mutes and bans."
    assert press(browser, comment, "unban_writers") == [("warning", text)]
    everywhere.refresh_from_db()
    assert everywhere.state == "active"


def test_a_comment_of_the_last_show_is_not_offered_as_a_pin(browser: Client, room: Room, viewer: User) -> None:
    """It is not shown any more."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    for status in ("ended", "live"):
        with RoomTransaction(room.pk) as tx:
            room_set_status(tx, room_id=room.pk, status=status)
    assert "pin" not in offered(browser, reverse(COMMENTS), comment)


def test_who_may_only_look_has_no_buttons(room: Room, viewer: User) -> None:
    """Nor may he press one that he knows of."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    client = member("view_room", "view_comment")
    for row, url in ((room, ROOMS), (comment, COMMENTS)):
        page = client.get(reverse(url)).text
        assert 'form="row-actions"' not in page
        for action in ("start", "end", "pin", "remove", "mute_writers"):
            assert client.post(address(row, action)).status_code == 403
    assert 'form="row-actions"' not in client.get(reverse(CHANGE, args=[room.pk])).text
    assert frames(room, after=1) == []


def test_each_button_asks_for_its_own_right(room: Room, viewer: User) -> None:
    """Who may take comments down mutes nobody."""
    comment = Comment.objects.get(pk=factories.make_comments(room, viewer, "hello")[0])
    client = member("view_comment", "change_comment")
    assert offered(client, reverse(COMMENTS), comment) == ["pin", "remove"]
    assert client.post(address(comment, "ban_writers")).status_code == 403
    assert press(client, comment, "remove") == [("success", "1 comment was removed.")]


def test_a_button_takes_a_post_with_its_token(room: Room) -> None:
    """Neither a link nor another site's form; a link leads to where the button stands."""
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.create_superuser("root"))
    assert careful.post(address(room, "end")).status_code == 403
    assert careful.get(address(room, "end"))["Location"] == reverse("admin:rooms_room_changelist")
    assert Room.objects.get(pk=room.pk).status == "live"


def test_other_methods_are_no_actions(browser: Client, room: Room) -> None:
    """Only what ``row_actions`` names."""
    for name in ("save_model", "delete_selected", "nothing"):
        assert browser.post(address(room, name)).status_code == 403


def test_a_row_that_is_gone_is_said_to_be(browser: Client, room: Room) -> None:
    """Even one whose key is none of this database."""
    for pk in (999, 10**30):
        missing = Room(pk=pk)
        assert press(browser, missing, "end") == [("error", "This room is not there any more.")]


def test_a_button_leads_back_to_its_row(browser: Client, room: Room) -> None:
    """In the list as it was filtered."""
    asked = f"{reverse(ROOMS)}?status__exact=live"
    response = browser.post(address(room, "start"), {"next": asked})
    assert response["Location"] == f"{asked}#room-{room.pk}"
    assert f'id="room-{room.pk}"' in browser.get(asked).text
    response = browser.post(address(room, "start"), {"next": "https://evil.example/"})
    assert response["Location"] == f"{reverse(ROOMS)}#room-{room.pk}"


def test_a_save_stays_in_the_room(browser: Client, room: Room, host: User) -> None:
    """There is one way to save, and it leads back; so does adding a room."""
    page = Page(browser, CHANGE, room.pk)
    assert "_continue" not in page.text
    assert page.post({"title": "New"})["Location"] == page.url
    added = Page(browser, "admin:rooms_room_add").post({"title": "B", "slug": "b", "host": str(host.pk)})
    assert added["Location"] == reverse(CHANGE, args=[Room.objects.get(slug="b").pk])


def test_the_list_tells_what_goes_on(browser: Client, room: Room) -> None:
    """Those that are live first; the cover, and the ways to page, comments, orders and shelf."""
    Room.objects.filter(pk=room.pk).update(cover="https://pictures.example/c.png")
    for status in ("ended", "scheduled", "paused"):
        factories.make_room(status, host=room.host, title=status, status=status)
    response = browser.get(reverse(ROOMS))
    assert [row.status for row in response.context["cl"].result_list] == ["live", "paused", "scheduled", "ended"]
    for part in (
        'src="https://pictures.example/c.png"',
        'href="/rooms/demo/"',
        f'href="/admin/rooms/comment/?room={room.pk}"',
        f'href="/admin/products/order/?room={room.pk}"',
        f'href="/admin/rooms/room/{room.pk}/change/#shelf-group"',
    ):
        assert part in response.text


def test_the_first_page_shows_rooms_and_changes(browser: Client, room: Room) -> None:
    """Of everybody, for whoever may look at what was changed; in an operator's order."""
    press(browser, room, "pause")
    page = browser.get(reverse("admin:index")).text
    assert f'href="{reverse(CHANGE, args=[room.pk])}"' in page
    assert "Changed status." in page
    assert "Changed status." in browser.get(reverse(CHANGE, args=[room.pk])).text
    places = [page.index(f'href="{reverse(f"admin:{name}_changelist")}"') for name in ORDER]
    assert places == sorted(places)
    other = member("view_product").get(reverse("admin:index")).text
    assert ("Changed status." in other, room.title in other) == (False, False)


ORDER = (
    "rooms_room",
    "rooms_comment",
    "rooms_sanction",
    "rooms_blockedword",
    "rooms_follow",
    "products_product",
    "products_order",
    "accounts_user",
    "auth_group",
)


def test_history_is_read_in_ones_own_language(browser: Client, room: Room) -> None:
    """A form's fields too."""
    Page(browser, CHANGE, room.pk).save({"title": "New"})
    page = browser.get(reverse(CHANGE, args=[room.pk]), headers={"accept-language": "zh-hans"}).text
    assert "已修改标题" in page.replace(" ", "")


def test_a_role_is_read_in_ones_own_language(browser: Client, room: Room, viewer: User) -> None:
    """What a writer was then, as a word and not as the protocol has it."""
    (pk,) = factories.make_comments(room, viewer, "one")
    page = browser.get(reverse("admin:rooms_comment_change", args=[pk]), headers={"accept-language": "zh-hans"}).text
    assert '<div class="readonly">观众</div>' in page


def test_comments_of_one_user_are_a_click_away(browser: Client, room: Room, viewer: User, other: User) -> None:
    """His name leads to all that he said; the filter shows whose they are."""
    factories.make_comments(room, viewer, "one")
    factories.make_comments(room, other, "two")
    assert f"/admin/rooms/comment/?user={viewer.pk}" in browser.get(reverse(COMMENTS)).text
    response = browser.get(reverse(COMMENTS), {"user": viewer.pk})
    assert [row.content for row in response.context["cl"].result_list] == ["one"]
    assert f"User: <b>{viewer}</b>" in " ".join(response.text.split())


def test_the_pin_is_shown_as_one(browser: Client, room: Room, viewer: User) -> None:
    """Whatever its state is called otherwise."""
    (pk,) = factories.make_comments(room, viewer, "one")
    with RoomTransaction(room.pk) as tx:
        comment_pin(tx, room_id=room.pk, comment_id=pk)
    assert '<span class="badge badge-pinned">pinned</span>' in browser.get(reverse(COMMENTS)).text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a.png", True),
        ("https://pictures.example/a.png", True),
        ("", False),
        ("javascript:alert(1)", False),
        ("//evil.example/a.png", False),
        ("data:image/png;base64,AAAA", False),
        ('/a.png" onerror="alert(1)', False),
    ],
)
def test_a_picture_is_shown_of_its_own_kind_of_address(text: str, shown: bool) -> None:
    """A path here, or an HTTP address; escaped all the same."""
    assert ("<img" in picture(text)) == shown
    field = PictureInput().render("cover", text)
    assert ("<img" in field, 'onerror="alert' in field) == (shown, False)
