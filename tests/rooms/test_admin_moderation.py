"""Mutes, bans, and what is done about the writers of comments, in the administration."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms import admin_moderation, admin_writers
from rooms.messages import Role
from rooms.models import Comment, Event, Room, Sanction, from_ms, now_ms
from tests import factories
from tests.admin_pages import Page, act, history, member
from tests.clients import Clock, stored
from tests.moderation import BAN, MUTE, impose
from tests.parts import LI, error

ADD = "admin:rooms_sanction_add"
LIST = "admin:rooms_sanction_changelist"
VIEW = "admin:rooms_sanction_change"
COMMENTS = "admin:rooms_comment_changelist"


def rows() -> list[tuple[Any, ...]]:
    """What is kept, oldest first."""
    found = Sanction.objects.order_by("pk")
    return [(row.kind, row.user_id, row.room_id, row.reason, row.state, row.by_id) for row in found]


def listed(browser: Client, **query: str) -> list[int]:
    """The keys of the rows that the list shows."""
    response = browser.get(reverse(LIST), query)
    assert response.status_code == 200
    return sorted(row.pk for row in response.context["cl"].result_list)


# --- Imposed.


@pytest.mark.parametrize("kind", [MUTE, BAN])
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize(("duration", "seconds"), [("600", 600), ("2592000", 2_592_000), ("", None)])
def test_a_sanction_is_imposed(
    browser: Client,
    root: User,
    room: Room,
    viewer: User,
    clock: Clock,
    kind: str,
    everywhere: bool,
    duration: str,
    seconds: Any,
) -> None:
    """On a user, in a room or in all, for a time or for ever; it is the operator's."""
    where = None if everywhere else room.pk
    said = Page(browser, ADD).save(
        {"kind": kind, "user": str(viewer.pk), "room": where or "", "duration": duration, "reason": "spam"}
    )
    assert LI["nickname"] in said
    assert rows() == [(kind, viewer.pk, where, "spam", "active", root.pk)]
    until = Sanction.objects.get().until
    assert until == (None if seconds is None else from_ms(clock.now + 1000 * seconds))
    assert history() == ["Added."]
    assert LogEntry.objects.get().object_id == str(Sanction.objects.get().pk)


def test_the_form_says_that_no_room_means_all(browser: Client) -> None:
    """The room is asked for first."""
    page = Page(browser, ADD)
    assert next(name for name in page.values if name in ("room", "kind", "user")) == "room"
    assert "Leave this empty, and it holds in ALL rooms." in page.text


def test_until_a_time(browser: Client, room: Room, viewer: User) -> None:
    """As the operator's clock shows it."""
    until = timezone.localtime().replace(microsecond=0) + timedelta(days=3)
    Page(browser, ADD).save(
        {
            "kind": "ban",
            "user": viewer.pk,
            "room": room.pk,
            "duration": "until",
            "until_0": f"{until:%Y-%m-%d}",
            "until_1": f"{until:%H:%M:%S}",
        }
    )
    assert Sanction.objects.get().until == until


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user": ""}, ["This field is required."]),
        ({"user": "999"}, ["Select a valid choice. That choice is not one of the available choices."]),
        ({"kind": ""}, ["This field is required."]),
        ({"duration": "until"}, ["Say until when."]),
        (
            {"duration": "600", "until_0": "2030-01-01", "until_1": "10:00"},
            ["This time counts only with “until the time below”."],
        ),
        (
            {"duration": "until", "until_0": "2020-01-01", "until_1": "10:00"},
            ["This time is over already."],
        ),
        ({"duration": "until", "until_0": "soon", "until_1": "x"}, ["Enter a valid date.", "Enter a valid time."]),
        ({"reason": "x" * 201}, ["Ensure this value has at most 200 characters (it has 201)."]),
        ({"duration": "7"}, ["Select a valid choice. 7 is not one of the available choices."]),
    ],
)
def test_a_form_that_is_not_complete(
    browser: Client, room: Room, viewer: User, changes: dict[str, Any], said: list[str]
) -> None:
    """Says what is missing, and nothing is done."""
    filled = {"kind": "mute", "user": viewer.pk, "room": room.pk, "duration": "600"}
    assert Page(browser, ADD).refused({**filled, **changes}) == said
    assert rows() == []


def test_the_staff_of_a_room_is_protected(browser: Client, room: Room, host: User, root: User) -> None:
    """What the service refuses is an error of the form."""
    page = Page(browser, ADD)
    said = ["The host, an assistant or an administrator can be neither muted nor banned."]
    assert page.refused({"kind": "mute", "user": host.pk, "room": room.pk}) == said
    said = ["The host, an assistant or an administrator can be neither muted nor banned."]
    assert page.refused({"kind": "ban", "user": root.pk, "room": ""}) == said
    assert rows() == []


def test_another_one_takes_its_place(browser: Client, root: User, room: Room, viewer: User) -> None:
    """The form does not stumble over the one that is there."""
    impose(MUTE, viewer, room)
    impose(MUTE, viewer, None)
    for where in (room.pk, ""):
        Page(browser, ADD).save({"kind": "mute", "user": viewer.pk, "room": where, "reason": "again"})
    assert [row[4] for row in rows()] == ["replaced", "replaced", "active", "active"]


@pytest.mark.parametrize("everywhere", [False, True])
def test_his_comments_go_with_him(browser: Client, room: Room, host: User, viewer: User, everywhere: bool) -> None:
    """In that room, or in all; after he is silenced, and the operator is told how many."""
    second = factories.make_room("second", host=host)
    for where in (room, second):
        factories.make_comments(where, viewer, "a", "b")
    page = Page(browser, ADD)
    response = page.post(
        {"kind": "ban", "user": viewer.pk, "room": "" if everywhere else room.pk, "remove_comments": "on"}
    )
    assert response.status_code == 302
    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert said[1:] == ["4 comments were removed." if everywhere else "2 comments were removed."]
    assert history() == ["Added.", "Deleted comments “李雷”."]
    left = set(Comment.objects.exclude(state="removed").values_list("room_id", flat=True))
    assert left == (set() if everywhere else {second.pk})
    assert Event.objects.filter(kind="remove").count() == (2 if everywhere else 1)


def test_who_may_not_take_comments_down(room: Room, viewer: User) -> None:
    """Is not asked for it, and does not do it by asking; the mute is imposed."""
    factories.make_comments(room, viewer, "a")
    page = Page(member("view_sanction", "add_sanction", "view_user", "view_room"), ADD)
    assert "remove_comments" not in page.text
    page.save({"kind": "mute", "user": viewer.pk, "room": room.pk, "remove_comments": "on"})
    assert [row[:2] for row in rows()] == [("mute", viewer.pk)]
    assert Comment.objects.get().state == Comment.State.SHOWN


async def test_it_is_live(room: Room, viewer: User, root: User, enter: Any) -> None:
    """What is saved is on the sockets: a ban closes them."""

    def browser() -> Client:
        client = Client()
        client.force_login(root)
        return client

    def save(kind: str) -> None:
        Page(operator, ADD).save({"kind": kind, "user": viewer.pk, "room": room.pk, "duration": ""})

    operator = await stored(browser)
    li = await enter(user=viewer)
    await stored(save, "mute")
    assert (await li.recv())["msg_type"] == "me"
    await stored(save, "ban")
    await li.expect(**error("banned", "You are banned from this room.", close=4503))
    await li.closed(4503)


# --- Listed.


def test_the_list_is_filtered_and_searched(browser: Client, room: Room, host: User, viewer: User, other: User) -> None:
    """By kind, state, room or all rooms; by nickname, public id and reason."""
    second = factories.make_room("second", host=host)
    muted = impose(MUTE, viewer, room, reason="spam", by=host).pk
    banned = impose(BAN, other, None, reason="fraud").pk
    over = impose(MUTE, viewer, second).pk
    Sanction.objects.filter(pk=over).update(until=timezone.now() - timedelta(minutes=1))
    assert listed(browser) == [muted, banned, over]
    assert listed(browser, kind__exact="ban") == [banned]
    assert listed(browser, state="active") == [muted, banned]
    assert listed(browser, state="expired") == [over]
    assert listed(browser, state="lifted") == listed(browser, state="replaced") == []
    assert listed(browser, room=str(room.pk)) == [muted]
    assert listed(browser, room="all") == [banned]
    assert listed(browser, q="梅") == [banned]
    assert listed(browser, q=viewer.public_id) == [muted, over]
    assert listed(browser, q="fraud") == [banned]
    act(browser, LIST, "lift", muted)
    impose(BAN, other, None)
    assert listed(browser, state="lifted") == [muted]
    assert listed(browser, state="replaced") == [banned]


def test_the_list_tells_what_holds(browser: Client, room: Room, viewer: User, host: User) -> None:
    """Where, until when, by whom; escaped."""
    User.objects.filter(pk=viewer.pk).update(nickname="<b>Li</b>")
    impose(MUTE, viewer, None, reason="<script>", by=host)
    text = browser.get(reverse(LIST)).text
    for part in ("&lt;b&gt;Li&lt;/b&gt;", "all rooms", "for ever", "in force", "&lt;script&gt;", host.nickname):
        assert part in text
    assert "<b>Li</b>" not in text


def test_a_long_list_is_few_queries(browser: Client, room: Room, host: User) -> None:
    """However many users there are."""
    for number in range(30):
        impose(MUTE, factories.make_user(f"User {number}"), room, by=host)
    with CaptureQueriesContext(connection) as queries:
        assert len(listed(browser)) == 30
    assert len(queries) <= 10


def test_history_is_not_edited(browser: Client, root: User, room: Room, viewer: User) -> None:
    """A row is looked at; it has no form and is not deleted."""
    pk = impose(BAN, viewer, room, reason="spam", by=root).pk
    text = browser.get(reverse(VIEW, args=[pk])).text
    assert "spam" in text
    assert 'name="reason"' not in text
    for path in (reverse(VIEW, args=[pk]), reverse("admin:rooms_sanction_delete", args=[pk])):
        assert browser.post(path, {"reason": "other", "post": "yes"}).status_code == 403
    assert rows() == [("ban", viewer.pk, room.pk, "spam", "active", root.pk)]
    actions = browser.get(reverse(LIST)).context["action_form"].fields["action"].choices
    assert [name for name, _label in actions] == ["", "lift"]


# --- Lifted.


def test_lifting(browser: Client, root: User, room: Room, viewer: User, other: User) -> None:
    """In a room and in all; what had ended already is said to have."""
    keys = [impose(MUTE, viewer, room).pk, impose(BAN, other, None).pk, impose(MUTE, other, room).pk]
    Sanction.objects.filter(pk=keys[2]).update(until=timezone.now() - timedelta(minutes=1))
    assert act(browser, LIST, "lift", *keys) == [("success", "2 were lifted."), ("warning", "1 had ended already.")]
    assert [row[4] for row in rows()] == ["lifted", "lifted", "expired"]
    assert list(Sanction.objects.filter(ending="lifted").values_list("ended_by", flat=True)) == [root.pk] * 2
    assert history() == ["Changed ending."] * 2
    assert act(browser, LIST, "lift", keys[0]) == [("warning", "1 had ended already.")]


def test_lifting_has_a_bound(
    browser: Client, room: Room, viewer: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond it nothing is lifted."""
    monkeypatch.setattr(admin_moderation, "LIFTED_AT_ONCE", 1)
    keys = [impose(MUTE, user, room).pk for user in (viewer, other)]
    said = [("error", "At most 1 can be lifted at once; select fewer.")]
    assert act(browser, LIST, "lift", *keys) == said
    assert [row[4] for row in rows()] == ["active", "active"]
    assert act(browser, LIST, "lift", keys[0]) == [("success", "1 was lifted.")]


@pytest.mark.parametrize(
    ("permissions", "status", "actions"),
    [
        (("view_sanction",), 403, []),
        (("view_sanction", "change_sanction"), 403, ["", "lift"]),
        (("view_sanction", "add_sanction"), 200, []),
    ],
)
def test_who_may(room: Room, permissions: tuple[str, ...], status: int, actions: list[str]) -> None:
    """To add is to impose, to change is to lift."""
    staff = member(*permissions)
    assert staff.get(reverse(ADD)).status_code == status
    form = staff.get(reverse(LIST)).context["action_form"]
    assert [name for name, _ in form.fields["action"].choices] == actions if actions else form is None


# --- The writers of comments.


def test_the_writers_are_muted(
    browser: Client, root: User, room: Room, viewer: User, other: User, clock: Clock
) -> None:
    """Each once, in the room of his comment, for an hour."""
    keys = [*factories.make_comments(room, viewer, "a", "b"), *factories.make_comments(room, other, "c")]
    ((level, said),) = act(browser, COMMENTS, "mute_writers", *keys)
    assert (level, said.startswith(f"{viewer}, {other}: muted until ")) == ("success", True)
    assert rows() == [("mute", user.pk, room.pk, "", "active", root.pk) for user in (viewer, other)]
    assert {row.until for row in Sanction.objects.all()} == {from_ms(clock.now + 3_600_000)}
    assert history() == ["Added."] * 2


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("until", [None, 7_200_000])
def test_a_longer_mute_is_not_cut_short(
    browser: Client, room: Room, viewer: User, clock: Clock, everywhere: bool, until: int | None
) -> None:
    """By the button for an hour; it is said for how long he is muted."""
    (key,) = factories.make_comments(room, viewer, "a")
    end = None if until is None else clock.now + until
    impose(MUTE, viewer, None if everywhere else room, until=end)
    ((level, said),) = act(browser, COMMENTS, "mute_writers", key)
    assert (level, said.startswith("李雷: muted " + ("for ever" if until is None else "until "))) == ("warning", True)
    assert [row[4] for row in rows()] == ["active"]
    assert Sanction.objects.get().until == (None if end is None else from_ms(end))


def test_a_shorter_mute_is_made_longer(browser: Client, room: Room, viewer: User, clock: Clock) -> None:
    """It is an hour from now."""
    (key,) = factories.make_comments(room, viewer, "a")
    impose(MUTE, viewer, room, until=clock.now + 60_000)
    ((level, said),) = act(browser, COMMENTS, "mute_writers", key)
    assert (level, said.startswith(f"{viewer}: muted until ")) == ("success", True)
    assert [row[4] for row in rows()] == ["replaced", "active"]


def test_the_comments_tell_who_is_silenced(browser: Client, room: Room, host: User, viewer: User, other: User) -> None:
    """Each in the room of his comment, by one query for the page; not the host, whom nothing holds for."""
    second = factories.make_room("second", host=host)
    third = factories.make_user("Third")
    for where, user in ((room, viewer), (second, viewer), (room, other), (room, third)):
        factories.make_comments(where, user, "a")
    factories.make_comments(room, host, "b", role=Role.HOST)
    Sanction.objects.create(kind="ban", user=host)
    impose(MUTE, viewer, room, until=now_ms() + 86_400_000)
    impose(MUTE, other, room)
    impose(MUTE, third, None)
    impose(BAN, third, room)
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(reverse(COMMENTS)).text
    badges = re.findall(r'<span class="badge badge-(?:muted|banned)">([^<]+)</span>', page)
    assert badges[:2] == ["banned", "muted for ever"]
    assert [text.startswith("muted until ") for text in badges[2:]] == [True]
    assert len([query for query in queries if 'FROM "rooms_sanction"' in query["sql"]]) == 1


def test_the_writers_are_banned(browser: Client, room: Room, host: User, viewer: User) -> None:
    """Until it is lifted; the host is not, and that is said."""
    keys = [*factories.make_comments(room, viewer, "a"), *factories.make_comments(room, host, "b")]
    assert act(browser, COMMENTS, "ban_writers", *keys) == [
        ("error", "主播: The host, an assistant or an administrator can be neither muted nor banned."),
        ("success", "李雷 is banned."),
    ]
    assert [(row[0], row[1]) for row in rows()] == [("ban", viewer.pk)]
    assert Sanction.objects.get().until is None


def test_all_of_the_writers_goes(browser: Client, room: Room, host: User, viewer: User, other: User) -> None:
    """All that he said in that room, not only what was selected."""
    second = factories.make_room("second", host=host)
    (key, *_) = factories.make_comments(room, viewer, "a", "b", "c")
    factories.make_comments(room, other, "d")
    factories.make_comments(second, viewer, "e")
    assert act(browser, COMMENTS, "remove_all_of_writers", key) == [("success", "3 comments were removed.")]
    left = Comment.objects.exclude(state="removed").values_list("content", flat=True)
    assert sorted(left) == ["d", "e"]
    assert history() == ["Deleted comments “李雷”."]
    assert act(browser, COMMENTS, "remove_all_of_writers", key) == [("warning", "0 comments were removed.")]


def test_too_many_writers_at_once(
    browser: Client, room: Room, viewer: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is done to any of them."""
    monkeypatch.setattr(admin_writers, "WRITERS_AT_ONCE", 1)
    keys = [*factories.make_comments(room, viewer, "a"), *factories.make_comments(room, other, "b")]
    assert act(browser, COMMENTS, "ban_writers", *keys) == [
        ("error", "These are comments of more than 1 users; select fewer.")
    ]
    assert rows() == []


@pytest.mark.parametrize(
    ("permissions", "actions"),
    [
        (("view_comment",), set()),
        (("view_comment", "add_sanction"), {"mute_writers", "ban_writers"}),
        (
            ("view_comment", "change_comment"),
            {"pass_comments", "refuse_comments", "remove", "pin", "unpin", "remove_all_of_writers"},
        ),
    ],
)
def test_who_may_act_on_writers(room: Room, viewer: User, permissions: tuple[str, ...], actions: set[str]) -> None:
    """To mute and ban needs the right to impose, to remove that to take comments down."""
    factories.make_comments(room, viewer, "a")
    form = member(*permissions).get(reverse(COMMENTS)).context["action_form"]
    offered = {name for name, _ in form.fields["action"].choices} - {""} if form else set()
    assert offered == actions


def test_the_actions_come_after_the_lists_own() -> None:
    """Once, however often the class is derived from."""

    class Admin(admin_writers.ModerationActions):
        actions = ("own",)

    class Derived(Admin):
        pass

    class Other(admin_writers.ModerationActions):
        pass

    wanted = ["mute_writers", "unmute_writers", "ban_writers", "unban_writers", "remove_all_of_writers"]
    found = [list(each(Comment, admin.site).actions or ()) for each in (Admin, Derived, Other)]
    assert found == [["own", *wanted], ["own", *wanted], wanted]


def test_a_room_with_sanctions_is_not_deleted(browser: Client, room: Room, viewer: User) -> None:
    """They are history, as its log is."""
    impose(MUTE, viewer, room)
    response = browser.post(reverse("admin:rooms_room_delete", args=[room.pk]), {"post": "yes"})
    assert response.status_code == 403
    assert [row[4] for row in rows()] == ["active"]
