"""Rooms, comments and follows in the administration."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms import admin_comments
from rooms.admin_saving import Saving
from rooms.messages import Role
from rooms.models import Comment, Follow, Room, RoomHead
from rooms.selectors import room_part
from rooms.services.comments import comment_pin, comment_post
from rooms.services.follows import follow_set
from rooms.services.rooms import assistants_set, room_set_status, room_update
from rooms.transaction import RoomTransaction
from tests import factories
from tests.admin_pages import Page, act, errors, frames, history, member

CHANGE = "admin:rooms_room_change"
ROOMS = "admin:rooms_room_changelist"
COMMENTS = "admin:rooms_comment_changelist"


def room_object(room: Room) -> Any:
    """The whole room as frames carry it now."""
    fresh = Room.objects.select_related("host", "head", "pinned__user").get(pk=room.pk)
    return msgspec.to_builtins(room_part(fresh, fresh.head))


def say(room: Room, user: User, content: str = "hello") -> Comment:
    """Post a comment."""
    with RoomTransaction(room.pk) as tx:
        posted = comment_post(tx, room_id=room.pk, user=user, role=Role.VIEWER, content=content)
    return Comment.objects.get(pk=posted.comment.pk)


def update(room: Room, **changes: Any) -> None:
    """Change a room as somebody else."""
    with RoomTransaction(room.pk) as tx:
        room_update(tx, room_id=room.pk, changes=changes)


SETTINGS = [
    ({"title": "New <b>title</b>"}, "title", "New <b>title</b>"),
    ({"slug": "other"}, "slug", "other"),
    ({"cover": "/c.png"}, "cover", "/c.png"),
    ({"stream": "/s.m3u8"}, "stream", "/s.m3u8"),
    ({"status": "paused"}, "status", "paused"),
    ({"allow_comments": None}, "allow_comments", False),
    ({"allow_likes": None}, "allow_likes", False),
    ({"allow_shop": None}, "allow_shop", False),
    ({"slow_mode": "30"}, "slow_mode", 30),
]


@pytest.mark.parametrize(("changes", "field", "value"), SETTINGS, ids=lambda value: str(value))
def test_a_setting_is_one_room_event(
    browser: Client, room: Room, changes: dict[str, Any], field: str, value: object
) -> None:
    """The field and no other is written, and told by one event with the whole room."""
    before = Room.objects.filter(pk=room.pk).values().get()
    Page(browser, CHANGE, room.pk).save(changes)
    assert Room.objects.filter(pk=room.pk).values().get() == {**before, field: value}
    assert frames(room) == [{"msg_type": "room", "room": room_object(room)}]
    label: Any = Room._meta.get_field(field)
    assert history() == [f"Changed {label.verbose_name}."]


def test_a_notice_is_one_notice_event(browser: Client, room: Room) -> None:
    """Put up, and taken down."""
    Page(browser, CHANGE, room.pk).save({"notice": " Sale at nine "})
    Page(browser, CHANGE, room.pk).save({"notice": ""})
    assert frames(room) == [{"msg_type": "notice", "text": "Sale at nine"}, {"msg_type": "notice", "text": ""}]


def test_several_settings_are_told_once(browser: Client, room: Room) -> None:
    """A step, a title and a notice in one save: one room event and one notice."""
    Page(browser, CHANGE, room.pk).save({"title": "B", "status": "ended", "notice": "Bye"})
    kinds = [frame["msg_type"] for frame in frames(room)]
    assert sorted(kinds) == ["notice", "room"]
    assert frames(room)[kinds.index("room")]["room"] == room_object(room)


def test_saving_nothing_tells_nothing(browser: Client, room: Room) -> None:
    """A form sent back as it came changes nothing, and the history says so."""
    Page(browser, CHANGE, room.pk).save({})
    assert frames(room) == []
    assert history() == ["No fields changed."]


def test_assistants_are_set_through_the_service(
    browser: Client, room: Room, viewer: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who came and those who went are told; the log gets no event."""
    told: list[int] = []
    monkeypatch.setattr(RoomTransaction, "viewer_changed", lambda self, room_id, user_id: told.append(user_id))
    Page(browser, CHANGE, room.pk).save({"assistants": [str(viewer.pk)]})
    Page(browser, CHANGE, room.pk).save({"assistants": [str(other.pk)]})
    assert list(room.assistants.all()) == [other]
    assert sorted(told) == sorted([viewer.pk, viewer.pk, other.pk])
    assert frames(room) == []


def test_a_room_is_added_with_its_head(browser: Client, host: User, viewer: User) -> None:
    """Live from the start if wished, with the host's followers, its assistants and an empty log."""
    first = factories.make_room("first", host=host)
    with RoomTransaction(first.pk) as tx:
        follow_set(tx, room_id=first.pk, user=viewer, role=Role.VIEWER, following=True)
    page = Page(browser, "admin:rooms_room_add")
    page.save({"title": "New", "slug": "new", "host": str(host.pk), "assistants": [str(viewer.pk)], "status": "live"})
    room = Room.objects.get(slug="new")
    assert (room.status, room.head.followers, room.head.seq) == ("live", 1, 0)
    assert list(room.assistants.all()) == [viewer]
    assert history() == ["Added."]


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Tea & Co", "tea-co"), ("春茶", r"room-[2-9a-z]{6}"), ("Taken", r"room-[2-9a-z]{6}"), ("a" * 100, "a{64}")],
)
def test_a_room_without_a_slug_is_given_one(browser: Client, host: User, title: str, slug: str) -> None:
    """Of its title; where nothing is left of that, or another has it, by chance."""
    factories.make_room("taken", host=host)
    Page(browser, "admin:rooms_room_add").save({"title": title, "slug": "", "host": str(host.pk)})
    assert re.fullmatch(slug, Room.objects.latest("pk").slug)


def test_a_slug_is_not_taken_away(browser: Client, room: Room) -> None:
    """From a room that people know; and only a new one follows what is typed as its title."""
    page = Page(browser, CHANGE, room.pk)
    assert page.refused({"slug": ""}) == ["This field is required."]
    assert 'data-prepopulated-fields="[]"' in page.text
    new = Page(browser, "admin:rooms_room_add")
    assert "&quot;dependency_ids&quot;: [&quot;#id_title&quot;]" in new.text


def test_each_form_begins_with_what_it_is_for(browser: Client, room: Room) -> None:
    """A new room's with what it must have, that of one that is there with what changes in a show."""
    new = Page(browser, "admin:rooms_room_add").response.context["adminform"]
    old = Page(browser, CHANGE, room.pk).response.context["adminform"]
    assert [fieldset.name for fieldset in new] == ["Room", "Show", "Viewers"]
    assert [fieldset.name for fieldset in old][:3] == ["Show", "Viewers", "Room"]


def test_a_save_says_what_was_saved(browser: Client, room: Room) -> None:
    """Or that there was nothing."""
    page = Page(browser, CHANGE, room.pk)
    assert page.save({"notice": "Soon", "slow_mode": "30"}) == "Saved: notice, slow mode."
    assert Page(browser, CHANGE, room.pk).save({}) == "Nothing was changed."


def test_a_new_room_begins_scheduled_or_live(browser: Client, host: User) -> None:
    """The form offers no other state; the host is chosen now, and stays."""
    page = Page(browser, "admin:rooms_room_add")
    assert page.values["status"] == ["scheduled"]
    assert [value for value, _ in page.response.context["adminform"].form.fields["status"].widget.choices] == [
        "scheduled",
        "live",
    ]
    room = factories.make_room(host=host)
    assert "host" not in Page(browser, CHANGE, room.pk).values


def test_a_slug_that_is_taken_is_an_error(browser: Client, room: Room, host: User) -> None:
    """On its field."""
    factories.make_room("taken", host=host)
    assert Page(browser, CHANGE, room.pk).refused({"slug": "taken"}) == ["Room with this Slug already exists."]


def test_a_slug_taken_at_the_same_moment_is_an_error(
    browser: Client, room: Room, host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process takes it between the check and the save: the form is checked again."""
    save = Room.save

    def too_late(self: Room, *args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(Room, "save", save)
        # What stands for the other process is seen after this transaction was rolled back.
        monkeypatch.setattr(Room, "validate_unique", taken)
        raise IntegrityError("UNIQUE constraint failed: rooms_room.slug")

    def taken(self: Room, exclude: Any = None) -> None:
        raise self.unique_error_message(Room, ("slug",))

    monkeypatch.setattr(Room, "save", too_late)
    assert Page(browser, CHANGE, room.pk).refused({"slug": "taken"}) == ["Room with this Slug already exists."]


def test_what_others_changed_stays(browser: Client, room: Room) -> None:
    """Two forms are open, each changes another field: both are kept."""
    one, two = Page(browser, CHANGE, room.pk), Page(browser, CHANGE, room.pk)
    one.save({"title": "One", "allow_likes": None})
    two.save({"notice": "Two", "slow_mode": "5"})
    room.refresh_from_db()
    assert (room.title, room.allow_likes, room.notice, room.slow_mode) == ("One", False, "Two", 5)


def test_a_field_that_somebody_else_changed_is_refused_and_shown(browser: Client, room: Room) -> None:
    """With its present value; the user's own stays in the form, and a second save replaces the other's."""
    one, two = Page(browser, CHANGE, room.pk), Page(browser, CHANGE, room.pk)
    one.save({"title": "<One>"})
    said = "Somebody has changed this to “<One>” meanwhile. Save again to replace that by yours."
    assert two.refused({"title": "Two", "notice": "N"}) == [said]
    assert "“&lt;One&gt;”" in two.text
    assert (two.values["title"], two.values["notice"]) == (["Two"], ["N"])
    two.save({})
    room.refresh_from_db()
    assert (room.title, room.notice) == ("Two", "N")


def test_a_change_just_before_the_lock_is_seen(browser: Client, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared is read under the lock, not before."""
    lock = Saving.lock

    def late(self: Saving, *room_ids: int) -> RoomTransaction:
        update(room, title="Late", notice="Late")
        return lock(self, *room_ids)

    monkeypatch.setattr(Saving, "lock", late)
    response = Page(browser, CHANGE, room.pk).post({"title": "Mine"})
    assert errors(response) == ["Somebody has changed this to “Late” meanwhile. Save again to replace that by yours."]


def test_what_is_so_already_is_no_conflict(browser: Client, room: Room) -> None:
    """Two users who set the same value agree; the history names no change."""
    one, two = Page(browser, CHANGE, room.pk), Page(browser, CHANGE, room.pk)
    one.save({"title": "Same", "status": "paused"})
    two.save({"title": "Same", "status": "paused"})
    assert len(frames(room)) == 1
    assert history() == ["Changed status and title.", "No fields changed."]


@pytest.mark.parametrize(
    ("mine", "theirs", "shown"),
    [
        ({"slow_mode": "9", "allow_likes": None}, {"slow_mode": 7, "allow_likes": False}, "7"),
        ({"status": "ended"}, {"status": "paused"}, "paused"),
        ({"notice": "Mine"}, {"notice": "Theirs"}, "Theirs"),
        ({"cover": "/mine.png"}, {"cover": "/theirs.png"}, "/theirs.png"),
    ],
)
def test_every_kind_of_value_is_shown(
    browser: Client, room: Room, mine: dict[str, Any], theirs: dict[str, Any], shown: str
) -> None:
    """As an operator reads it: a number, a choice, a text. A box that both unchecked is no conflict."""
    page = Page(browser, CHANGE, room.pk)
    update(room, **theirs)
    assert page.refused(mine) == [
        f"Somebody has changed this to “{shown}” meanwhile. Save again to replace that by yours."
    ]


def test_a_conflict_of_the_pin_shows_the_comment(browser: Client, room: Room, viewer: User) -> None:
    """As its list does."""
    one, two = say(room, viewer, "one"), say(room, viewer, "two")
    page = Page(browser, CHANGE, room.pk)
    with RoomTransaction(room.pk) as tx:
        comment_pin(tx, room_id=room.pk, comment_id=one.pk)
    (error,) = page.refused({"pinned": str(two.pk)})
    assert "“李雷: one”" in error


def test_a_conflict_of_assistants_shows_their_names(browser: Client, room: Room, viewer: User, other: User) -> None:
    """A list is one field."""
    page = Page(browser, CHANGE, room.pk)
    with RoomTransaction(room.pk) as tx:
        assistants_set(tx, room_id=room.pk, users=[other])
    (error,) = page.refused({"assistants": [str(viewer.pk)]})
    assert "“韩梅梅”" in error
    assert list(room.assistants.all()) == [other]


def test_a_stale_state_that_was_not_touched_is_no_error(browser: Client, room: Room) -> None:
    """The posted state cannot be reached any more, but its user did not ask for it."""
    page = Page(browser, CHANGE, room.pk)
    update(room, status="ended")
    page.save({"title": "New"})
    room.refresh_from_db()
    assert (room.title, room.status) == ("New", "ended")


def test_a_form_of_another_row_is_refused(browser: Client, room: Room, host: User) -> None:
    """What a form was rendered with is signed for its row."""
    foreign = Page(browser, CHANGE, factories.make_room("other", host=host).pk)
    page = Page(browser, CHANGE, room.pk)
    said = ["This form cannot be read any more. Please open the page again."]
    for token in (foreign.values["rendered"][0], "", "x"):
        assert page.refused({"title": "New", "rendered": token}) == said


@pytest.mark.parametrize(
    ("before", "asked", "offered"),
    [
        ("scheduled", "ended", ["scheduled", "live"]),
        ("live", "scheduled", ["live", "paused", "ended"]),
        ("paused", "scheduled", ["paused", "live", "ended"]),
        ("ended", "paused", ["ended", "live"]),
    ],
)
def test_a_step_that_there_is_none_of_is_refused(
    browser: Client, host: User, before: str, asked: str, offered: list[str]
) -> None:
    """On its field, with all else of the form; offered are the steps that there are, the present state first."""
    room = factories.make_room(host=host, status=before)
    page = Page(browser, CHANGE, room.pk)
    choices = page.response.context["adminform"].form.fields["status"].widget.choices
    assert [value for value, _ in choices] == offered
    (error,) = page.refused({"status": asked, "title": "New", "notice": "N"})
    assert error.startswith("This step is not possible now.")
    assert page.response.context["adminform"].form.errors.keys() == {"status"}
    room.refresh_from_db()
    assert (room.status, room.title, room.notice) == (before, "Demo", "")


def test_the_next_show_begins_in_the_form(browser: Client, room: Room, viewer: User) -> None:
    """A start after the end clears pin and likes."""
    comment = say(room, viewer)
    with RoomTransaction(room.pk) as tx:
        comment_pin(tx, room_id=room.pk, comment_id=comment.pk)
        room_set_status(tx, room_id=room.pk, status="ended")
    Page(browser, CHANGE, room.pk).save({"status": "live"})
    room.refresh_from_db()
    assert (room.status, room.show, room.pinned_id) == ("live", 2, None)


def test_a_comment_is_pinned_and_unpinned_in_the_form(browser: Client, room: Room, viewer: User) -> None:
    """By its key, which is chosen from the room's own list."""
    comment = say(room, viewer)
    page = Page(browser, CHANGE, room.pk)
    chooser = f"/admin/rooms/comment/?room={room.pk}&state__exact=shown&_to_field=id"
    assert chooser.replace("&", "&amp;") in page.text
    assert list(browser.get(f"{chooser}&_popup=1").context["cl"].result_list) == [comment]
    page.save({"pinned": str(comment.pk)})
    Page(browser, CHANGE, room.pk).save({"pinned": ""})
    pin, unpin = frames(room, after=1)
    assert (pin["msg_type"], pin["comment"]["id"], unpin) == ("pin", comment.pk, {"msg_type": "pin", "comment": None})


def test_a_comment_that_the_room_does_not_show_cannot_be_pinned(
    browser: Client, room: Room, host: User, viewer: User
) -> None:
    """Neither one of another room nor one that was removed."""
    foreign = say(factories.make_room("other", host=host), viewer)
    removed = say(room, viewer)
    act(browser, COMMENTS, "remove", removed.pk)
    for comment in (foreign, removed):
        (error,) = Page(browser, CHANGE, room.pk).refused({"pinned": str(comment.pk)})
        assert error.startswith("Select a valid choice.")


def test_counters_are_shown_and_cannot_be_sent(browser: Client, room: Room, viewer: User) -> None:
    """A form with fields of their names changes nothing of them."""
    say(room, viewer)
    RoomHead.objects.filter(room=room).update(likes=4711, followers=42)
    page = Page(browser, CHANGE, room.pk)
    assert "4711" in page.text
    assert "42" in page.text
    page.save({"title": "New", "seq": "0", "likes": "0", "followers": "0", "show": "9", "epoch": "x", "host": "1"})
    head = RoomHead.objects.get(room=room)
    assert (head.seq, head.likes, head.followers) == (2, 4711, 42)
    fresh = Room.objects.get(pk=room.pk)
    assert (fresh.show, fresh.epoch, fresh.host_id) == (1, room.epoch, room.host_id)


def test_an_error_at_the_commit_says_nothing_of_saved(
    browser: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the form had said already is taken back; the next page shows nothing."""

    def fail(self: RoomTransaction) -> None:
        raise OSError("The disk is full.")

    page = Page(browser, CHANGE, room.pk)
    monkeypatch.setattr(RoomTransaction, "_flush", fail)
    browser.raise_request_exception = False
    assert page.post({"title": "New"}).status_code == 500
    monkeypatch.undo()
    assert "was changed successfully" not in browser.get(reverse(ROOMS)).text
    assert (Room.objects.get(pk=room.pk).title, LogEntry.objects.count()) == ("Demo", 0)


def test_the_actions_take_rooms_a_step_further(browser: Client, host: User) -> None:
    """Each room for itself: what one is refused does not stop the others."""
    rooms = [
        factories.make_room(status, host=host, title=status.title(), status=status)
        for status in ("scheduled", "live", "ended")
    ]
    keys = [room.pk for room in rooms]
    refused = "This step is not possible now."
    assert act(browser, ROOMS, "pause", *keys) == [
        ("error", f"Scheduled: {refused}"),
        ("success", "Live is paused."),
        ("error", f"Ended: {refused}"),
    ]
    assert act(browser, ROOMS, "start", *keys) == [
        ("success", "Scheduled is live."),
        ("success", "Live is live."),
        ("error", "Ended: nothing was done, for the show is ended by now. Please look, and choose again."),
    ]
    assert act(browser, ROOMS, "start_new", keys[2]) == [("success", "Ended is live.")]
    asked = browser.post(reverse(ROOMS), {"action": "end", "_selected_action": keys})
    assert asked.status_code == 200
    for key in keys:
        assert f'<input type="hidden" name="_selected_action" value="{key}">' in asked.text
    assert [level for level, _ in act(browser, ROOMS, "end", *keys, confirmed="yes")] == ["success"] * 3
    assert [[frame["room"]["status"] for frame in frames(room)] for room in rooms] == [
        ["live", "ended"],
        ["paused", "live", "ended"],
        ["live", "ended"],
    ]
    assert history() == ["Changed status."] * 7


def test_an_action_again_changes_nothing(browser: Client, room: Room) -> None:
    """A room that is live already is told nothing, and its history neither."""
    assert act(browser, ROOMS, "start", room.pk) == [("success", "Demo is live.")]
    assert (frames(room), history()) == ([], [])


def test_a_room_is_deleted_only_before_its_log_begins(browser: Client, room: Room, viewer: User) -> None:
    """Afterwards the page offers it no more, the address is forbidden, and there is no such action."""
    page = Page(browser, CHANGE, room.pk)
    delete = reverse("admin:rooms_room_delete", args=[room.pk])
    assert delete in page.text
    say(room, viewer)
    page = Page(browser, CHANGE, room.pk)
    assert delete not in page.text
    assert "A room that has a log is ended, not deleted." in page.text
    assert browser.post(delete, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in browser.get(reverse(ROOMS)).text
    empty = factories.make_room("empty", host=room.host)
    assert browser.post(reverse("admin:rooms_room_delete", args=[empty.pk]), {"post": "yes"}).status_code == 302
    assert list(Room.objects.all()) == [room]


def test_a_room_that_is_not_there_is_said_to_be_missing(browser: Client, room: Room) -> None:
    """For a key that never was, and for one that is none."""
    for key in ("999", "x"):
        response = browser.post(f"/admin/rooms/room/{key}/change/", {}, follow=True)
        assert "doesn’t exist. Perhaps it was deleted?" in response.text


def test_staff_without_permission_change_nothing(room: Room) -> None:
    """Who may only look sees the values without a form; who may nothing is turned away."""
    client = member("view_room")
    response = client.get(reverse(CHANGE, args=[room.pk]))
    assert response.status_code == 200
    assert 'name="title"' not in response.text
    assert client.post(reverse(CHANGE, args=[room.pk]), {"title": "New"}).status_code == 403
    assert "Start the selected rooms" not in client.get(reverse(ROOMS)).text
    act_response = client.post(reverse(ROOMS), {"action": "end", "_selected_action": [str(room.pk)]})
    assert act_response.status_code in (200, 302)
    room.refresh_from_db()
    assert (room.title, room.status) == ("Demo", "live")


def test_an_action_removes_so_many_comments(
    browser: Client, room: Room, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of those that are not down yet; who runs it again takes the next."""
    monkeypatch.setattr(admin_comments, "REMOVED_BY_ONE_ACTION", 2)
    keys = factories.make_comments(room, viewer, *"abcde")
    more = "There are more: one action removes 2, the newest. Run it again for the rest."
    for left in ("abc", "a"):
        said = [("warning", more), ("success", "2 comments were removed.")]
        assert act(browser, COMMENTS, "remove", *keys) == said
        shown = Comment.objects.filter(state="shown").order_by("pk").values_list("content", flat=True)
        assert "".join(shown) == left
    assert act(browser, COMMENTS, "remove", *keys) == [("success", "1 comment was removed.")]


def test_comments_are_removed_by_an_action(browser: Client, room: Room, host: User, viewer: User) -> None:
    """One event per room; what was removed before is not counted again."""
    second = factories.make_room("second", host=host)
    one, two, three = say(room, viewer, "one"), say(room, viewer, "two"), say(second, viewer, "three")
    assert act(browser, COMMENTS, "remove", one.pk, two.pk, three.pk) == [("success", "3 comments were removed.")]
    assert frames(room, after=2) == [{"msg_type": "remove", "comment_ids": [one.pk, two.pk]}]
    assert frames(second, after=1) == [{"msg_type": "remove", "comment_ids": [three.pk]}]
    assert history() == ["Changed state."] * 3
    assert act(browser, COMMENTS, "remove", one.pk) == [("warning", "0 comments were removed.")]


def test_a_comment_is_pinned_by_an_action(browser: Client, room: Room, viewer: User) -> None:
    """One per room; a refusal is an error."""
    one, two = say(room, viewer, "one"), say(room, viewer, "two")
    assert act(browser, COMMENTS, "pin", one.pk, two.pk) == [
        ("error", "Demo: one comment can be pinned, 2 were selected.")
    ]
    assert act(browser, COMMENTS, "pin", two.pk) == [("success", "The comment is pinned in Demo.")]
    assert [frame["comment"]["id"] for frame in frames(room, after=2)] == [two.pk]
    act(browser, COMMENTS, "remove", one.pk)
    said = [("error", "Demo: This comment is not shown in the room.")]
    assert act(browser, COMMENTS, "pin", one.pk) == said
    assert history() == ["Changed pinned comment.", "Changed state."]


def test_comments_are_only_looked_at(browser: Client, room: Room, viewer: User) -> None:
    """They are escaped in list and form; nobody adds, changes or deletes one."""
    comment = say(room, viewer, "<script>alert(1)</script>")
    change = reverse("admin:rooms_comment_change", args=[comment.pk])
    for url in (reverse(COMMENTS), change, reverse(CHANGE, args=[room.pk])):
        assert "<script>alert" not in browser.get(url).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.get(reverse(COMMENTS)).text
    assert browser.post(change, {"content": "x"}).status_code == 403
    assert browser.get(reverse("admin:rooms_comment_add")).status_code == 403
    delete = reverse("admin:rooms_comment_delete", args=[comment.pk])
    assert browser.post(delete, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in browser.get(reverse(COMMENTS)).text


def test_only_who_may_change_comments_removes_them(room: Room, viewer: User) -> None:
    """Looking at them is not enough."""
    comment = say(room, viewer)
    client = member("view_comment")
    assert "Remove the selected comments" not in client.get(reverse(COMMENTS)).text
    client.post(reverse(COMMENTS), {"action": "remove", "_selected_action": [str(comment.pk)]})
    comment.refresh_from_db()
    assert comment.state == Comment.State.SHOWN


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["three", "two", "one"]),
        ({"q": "tw"}, ["two"]),
        ({"q": "李雷"}, ["two", "one"]),
        ({"q": "00000000000000bb"}, ["three"]),
        ({"state__exact": "removed"}, ["one"]),
        ({"room": "{second}"}, ["three"]),
        ({"room": "x"}, ["three", "two", "one"]),
    ],
)
def test_comments_are_found(
    browser: Client, room: Room, viewer: User, other: User, query: dict[str, str], found: list[str]
) -> None:
    """By text, nickname, public id, state and room; newest first."""
    second = factories.make_room("second", host=room.host)
    one = say(room, viewer, "one")
    say(room, viewer, "two")
    say(second, other, "three")
    act(browser, COMMENTS, "remove", one.pk)
    filled = {name: value.format(second=second.pk) for name, value in query.items()}
    response = browser.get(reverse(COMMENTS), filled)
    assert [row.content for row in response.context["cl"].result_list] == found


def test_the_lists_cost_the_same_for_many_rows(
    browser: Client, room: Room, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    """No query per row."""
    users = [factories.make_user(f"Viewer {number}") for number in range(12)]
    Comment.objects.bulk_create(
        Comment(room=room, show=1, user=user, nickname=user.nickname, role="viewer", content="x") for user in users
    )
    Follow.objects.bulk_create(Follow(host=room.host, user=user, room=room) for user in users)
    for number in range(12):
        factories.make_room(f"room-{number}", host=users[number])
    for url in (COMMENTS, ROOMS, "admin:rooms_follow_changelist"):
        with django_assert_max_num_queries(9):
            assert browser.get(reverse(url)).status_code == 200


def test_follows_are_only_looked_at(browser: Client, room: Room, viewer: User) -> None:
    """Whom, by whom and where."""
    follow = Follow.objects.create(host=room.host, user=viewer, room=room)
    assert "李雷" in browser.get(reverse("admin:rooms_follow_changelist")).text
    change = reverse("admin:rooms_follow_change", args=[follow.pk])
    assert browser.get(change).status_code == 200
    assert browser.post(change, {}).status_code == 403


def test_the_public_page_is_linked(browser: Client, room: Room) -> None:
    """In the list and in the form."""
    for url in (reverse(ROOMS), reverse(CHANGE, args=[room.pk])):
        assert 'href="/rooms/demo/"' in browser.get(url).text
