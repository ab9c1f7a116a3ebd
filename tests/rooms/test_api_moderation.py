"""Mutes and bans over HTTP, and what the banned may not do there."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms.models import FOREVER, Comment, Event, Room, Sanction, to_ms
from rooms.services.words import words_add
from tests import factories
from tests.accounts.errors import error_of
from tests.api import JSON, as_user, ok
from tests.clients import Clock, settle, stored
from tests.moderation import BAN, MUTE, impose, lift
from tests.parts import HOST, LI, error

COMMANDS = ("mute", "unmute", "ban", "unban")
LI_ID = LI["id"]
HOST_PART = {**HOST, "role": "viewer"}


def command(caller: User | None, name: str, slug: str = "demo", **body: Any) -> Any:
    """Have a user (None: nobody) mute, unmute, ban or unban."""
    client = Client() if caller is None else as_user(caller)
    return client.post(f"/api/rooms/{slug}/{name}/", body, JSON)


def refusal(response: Any, status: int) -> Any:
    """The error of an answer, which must have that status."""
    assert response.status_code == status, response.content
    return error_of(response)


@pytest.fixture
def admin(transactional_db: None) -> User:
    """An administrator."""
    return User.objects.create_superuser("root", nickname="Root", public_id="00000000000000ad")


# --- Who may.


@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_for_the_host_and_his_assistants(room: Room, host: User, viewer: User, other: User, name: str) -> None:
    """Nobody: 401; an ordinary user: 403; nothing happens. An assistant may."""
    impose(MUTE, viewer, room)
    impose(BAN, viewer, room)
    before = list(Sanction.objects.values())
    assert refusal(command(None, name, user=LI_ID), 401)["code"] == "login_required"
    assert refusal(command(other, name, user=LI_ID), 403)["code"] == "forbidden"
    assert list(Sanction.objects.values()) == before
    room.assistants.add(other)
    assert ok(command(other, name, user=LI_ID))["user"] == LI


@pytest.mark.parametrize("name", COMMANDS)
def test_all_rooms_are_for_administrators(room: Room, host: User, viewer: User, admin: User, name: str) -> None:
    """The host may not, and nothing happens; an administrator may, from whichever room."""
    kind = MUTE if "mute" in name else BAN
    if name.startswith("un"):
        impose(kind, viewer, None)
    before = list(Sanction.objects.values())
    assert refusal(command(host, name, user=LI_ID, all_rooms=True), 403) == {
        "code": "forbidden",
        "detail": "What holds in all rooms is for administrators.",
        "retry": False,
        "field": "all_rooms",
    }
    assert list(Sanction.objects.values()) == before
    answer = ok(command(admin, name, user=LI_ID, all_rooms=True))
    assert (answer["room"], answer["kind"]) == (None, kind)
    assert answer["state"] == ("lifted" if name.startswith("un") else "active")


@pytest.mark.parametrize("name", ["mute", "ban"])
def test_the_staff_is_protected(room: Room, host: User, other: User, admin: User, name: str) -> None:
    """With words that say who it is."""
    room.assistants.add(other)
    said = {
        host.public_id: "The host of this room",
        other.public_id: "An assistant of this room",
        admin.public_id: "An administrator",
    }
    for public_id, who in said.items():
        assert refusal(command(host, name, user=public_id, remove_comments=True), 403) == {
            "code": "forbidden",
            "detail": f"{who} can be neither muted nor banned.",
            "retry": False,
            "field": "user",
        }
    assert not Sanction.objects.exists()


# --- What is answered.


@pytest.mark.parametrize(
    ("terms", "lasts"),
    [
        ({}, None),
        ({"seconds": 60}, 60_000),
        ({"seconds": 100 * 366 * 24 * 3600}, 100 * 366 * 24 * 3_600_000),
        ({"until": "later"}, 5000),
        ({"until": FOREVER}, None),
        ({"until": 2**53}, None),
        ({"seconds": None, "until": None}, None),
    ],
)
def test_the_answer_is_the_sanction(
    room: Room, host: User, viewer: User, clock: Clock, terms: dict[str, Any], lasts: int | None
) -> None:
    """Until when, by whom, why; no end is null."""
    if terms.get("until") == "later":
        terms = {"until": clock.now + 5000}
    answer = ok(command(host, "mute", user=LI_ID, reason=" spam ", **terms))
    row = Sanction.objects.get()
    assert answer == {
        "id": row.pk,
        "kind": "mute",
        "user": LI,
        "room": "demo",
        "until": None if lasts is None else clock.now + lasts,
        "reason": "spam",
        "by": HOST_PART,
        "created_at": clock.now,
        "state": "active",
        "ended_at": None,
        "removed": 0,
    }
    assert (row.until and to_ms(row.until)) == answer["until"]


@pytest.mark.parametrize("path", ["/api/rooms/demo/unmute", "/api/rooms/demo/unmute/"])
def test_lifting_answers_with_what_was_lifted(room: Room, host: User, viewer: User, clock: Clock, path: str) -> None:
    """Twice is the same as once."""
    impose(MUTE, viewer, room, by=host)
    first = ok(as_user(host).post(path, {"user": LI_ID}, JSON))
    assert (first["state"], first["ended_at"], "removed" in first) == ("lifted", clock.now, False)
    clock._ahead_ns += 10**9
    assert ok(as_user(host).post(path, {"user": LI_ID}, JSON)) == first


def test_one_that_has_expired_can_be_lifted(room: Room, host: User, viewer: User, clock: Clock) -> None:
    """It stays expired."""
    until = clock.now + 1000
    impose(BAN, viewer, room, until=until)
    clock._ahead_ns += 2 * 10**9
    answer = ok(command(host, "unban", user=LI_ID))
    assert (answer["state"], answer["ended_at"]) == ("expired", until)


def test_what_holds_in_all_rooms_is_not_the_hosts_to_lift(room: Room, host: User, viewer: User) -> None:
    """He is told that there is nothing of his to lift."""
    impose(MUTE, viewer, None)
    assert refusal(command(host, "unmute", user=LI_ID), 400) == {
        "code": "bad_message",
        "detail": "There is nothing of this kind against this user to lift.",
        "retry": False,
        "field": "user",
    }
    assert Sanction.objects.get().state == "active"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_user_who_is_not_stored(room: Room, host: User, name: str) -> None:
    """As a guest who has not written yet: the answer says why."""
    assert refusal(command(host, name, user="0123456789abcdef"), 400) == {
        "code": "bad_message",
        "detail": "No stored user has this id; a guest is stored at his first command that writes.",
        "retry": False,
        "field": "user",
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "user"),
        ({"user": None}, "user"),
        ({"user": ""}, "user"),
        ({"user": 7}, "user"),
        ({"user": "x" * 33}, "user"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": 1.5}, "seconds"),
        ({"seconds": 10**11}, "seconds"),
        ({"until": 0}, "until"),
        ({"until": 1000}, "until"),
        ({"until": -1}, "until"),
        ({"until": 2**53 + 1}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"until": 4 * 10**12, "seconds": 5}, "until"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"remove_comments": 1}, "remove_comments"),
        ({"all_rooms": "yes"}, "all_rooms"),
    ],
)
def test_a_bad_field_is_named(room: Room, host: User, viewer: User, body: dict[str, Any], field: str) -> None:
    """And nothing is done."""
    factories.make_comments(room, viewer, "a")
    sent = {"user": LI_ID, "remove_comments": True, **body} if body else {}
    found = refusal(command(host, "ban", **sent), 400)
    assert (found["code"], found["field"]) == ("bad_message", field)
    assert not Sanction.objects.exists()
    assert Comment.objects.get().state == "shown"


# --- Comments with it.


def test_his_comments_go_with_him(room: Room, host: User, viewer: User, other: User) -> None:
    """Here, not in other rooms, and nobody else's."""
    second = factories.make_room("second", host=host)
    ids = factories.make_comments(room, viewer, "a", "b")
    factories.make_comments(room, other, "c")
    factories.make_comments(second, viewer, "d")
    assert ok(command(host, "ban", user=LI_ID, remove_comments=True))["removed"] == 2
    left = Comment.objects.exclude(state="removed").values_list("content", flat=True)
    assert sorted(left) == ["c", "d"]
    assert Event.objects.filter(kind="remove").count() == 1
    assert str(ids[0]) in Event.objects.get(kind="remove").payload
    assert ok(command(host, "mute", user=LI_ID, remove_comments=True))["removed"] == 0


def test_an_administrator_removes_them_in_all_rooms(room: Room, host: User, viewer: User, admin: User) -> None:
    """With a ban from all rooms."""
    for where in (room, factories.make_room("second", host=host)):
        factories.make_comments(where, viewer, "a")
    answer = ok(command(admin, "ban", user=LI_ID, remove_comments=True, all_rooms=True))
    assert (answer["removed"], answer["room"]) == (2, None)
    assert not Comment.objects.exclude(state="removed").exists()


# --- On the sockets.


async def test_it_is_seen_on_the_sockets(room: Room, host: User, viewer: User, enter: Any, clock: Clock) -> None:
    """A mute, its end, and a ban with the comments."""
    socket, guest = await enter(user=viewer), await enter()
    await socket.rest()
    (said,) = await stored(factories.make_comments, room, viewer, "a")
    await socket.rest()
    await guest.rest()
    me = {"user": LI, "role": "viewer", "following": False}
    ok(await stored(command, host, "mute", user=LI_ID, seconds=60))
    await socket.expect("me", muted_until=clock.now + 60_000, **me)
    ok(await stored(command, host, "unmute", user=LI_ID))
    await socket.expect("me", muted_until=None, **me)
    await socket.nothing()
    await guest.nothing()
    ok(await stored(command, host, "ban", user=LI_ID, seconds=60, remove_comments=True))
    await settle()
    detail = "You are banned from this room."
    frames = [await socket.recv()]
    if frames[0]["msg_type"] == "remove":
        frames = [await socket.recv()]
    wanted = error("banned", detail, close=4503, until=clock.now + 60_000)
    assert frames == [{**wanted, "ts": frames[0]["ts"]}]
    await socket.closed(4503)
    await guest.expect("remove", seq=2, comment_ids=[said])
    await guest.nothing()


# --- What the banned may not do over HTTP.


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("path", ["", "comments/", "events/", "shelf/", "stats/"])
def test_a_banned_user_is_not_let_in_here_either(
    room: Room, host: User, viewer: User, clock: Clock, everywhere: bool, path: str
) -> None:
    """With his token; when it is over, or lifted, he is."""
    where = None if everywhere else room
    until = clock.now + 1000
    impose(BAN, viewer, where, until=until)
    url = f"/api/rooms/demo/{path}"
    assert refusal(as_user(viewer).get(url), 403) == {
        "code": "banned",
        "detail": "You are banned from this room.",
        "retry": False,
        "until": until,
    }
    clock._ahead_ns += 10**9
    allowed = 403 if path == "stats/" else 200
    response = as_user(viewer).get(url)
    assert response.status_code == allowed
    assert response.json().get("code") == ("forbidden" if path == "stats/" else None)
    impose(BAN, viewer, where)
    assert "until" not in refusal(as_user(viewer).get(url), 403)
    lift(BAN, viewer, where)
    assert as_user(viewer).get(url).status_code == allowed


def test_a_muted_user_reads_on(room: Room, viewer: User) -> None:
    """And so does one who is banned elsewhere."""
    impose(MUTE, viewer, room)
    impose(BAN, viewer, factories.make_room("second"))
    ok(as_user(viewer).get("/api/rooms/demo/"))
    assert refusal(as_user(viewer).get("/api/rooms/second/"), 403)["code"] == "banned"
    ok(as_user(viewer).get("/api/rooms/"))


def test_staff_of_the_room_is_let_in(room: Room, viewer: User) -> None:
    """A ban from all rooms does not hold where he is an assistant."""
    impose(BAN, viewer, None)
    room.assistants.add(viewer)
    ok(as_user(viewer).get("/api/rooms/demo/stats/"))


# --- Nicknames.


@pytest.mark.parametrize("action", ["refuse", "mask"])
def test_a_blocked_word_in_a_nickname(viewer: User, settings: Any, action: str) -> None:
    """Is refused to a new guest and to a user who renames himself; the operator's own system and admin may."""
    settings.LIVEROOM_GUESTS = "talk"
    settings.LIVEROOM_SERVER_KEYS = ["key"]
    words_add(["Damn"], action=action)
    wanted = {
        "code": "content_rejected",
        "detail": "nickname holds a word that is blocked here.",
        "retry": False,
        "field": "nickname",
    }
    guest = Client().post("/api/auth/guest/", {"nickname": "ＤＡＭＮ it"}, JSON)
    assert refusal(guest, 422) == wanted
    assert refusal(as_user(viewer).patch("/api/auth/me/", {"nickname": "da\u200bmn"}, JSON), 422) == wanted
    viewer.refresh_from_db()
    assert (viewer.nickname, User.objects.count()) == (LI["nickname"], 1)
    assert ok(as_user(viewer).patch("/api/auth/me/", {"nickname": "Dam"}, JSON))["nickname"] == "Dam"
    assert Client().post("/api/auth/guest/", {"nickname": "Fine"}, JSON).status_code == 200
    assert Client().post("/api/auth/guest/", {}, JSON).status_code == 200
    issued = Client(headers={"X-Server-Key": "key"}).post(
        "/api/auth/issue/", {"external_id": "7", "nickname": "damn"}, JSON
    )
    assert issued.status_code == 200


# --- What holds, and all that somebody said.


def test_what_holds_is_listed(room: Room, host: User, viewer: User, other: User) -> None:
    """In this room and in all, newest first, for its staff; not what has ended, nor what holds elsewhere."""
    second = factories.make_room("second", host=host)
    impose(MUTE, viewer, second)
    lifted = impose(BAN, viewer, room)
    lift(BAN, viewer, room)
    keys = [impose(MUTE, viewer, room, reason="spam", by=host).pk, impose(BAN, other, None).pk]
    path = "/api/rooms/demo/sanctions/"
    room.assistants.add(viewer)
    for caller in (host, viewer):
        found = ok(as_user(caller).get(path))
        assert ([row["id"] for row in found["results"]], found["next"]) == (keys[::-1], None)
    assert lifted.pk not in keys
    assert found["results"][1] == {
        "id": keys[0],
        "kind": "mute",
        "user": LI,
        "room": "demo",
        "until": None,
        "reason": "spam",
        "by": HOST_PART,
        "created_at": to_ms(Sanction.objects.get(pk=keys[0]).created_at),
        "state": "active",
        "ended_at": None,
    }
    for query, wanted in (("kind=ban", keys[1:]), (f"user={LI_ID}", keys[:1]), ("user=none", [])):
        assert [row["id"] for row in ok(as_user(host).get(f"{path}?{query}"))["results"]] == wanted
    first = ok(as_user(host).get(f"{path}?limit=1&kind=mute"))
    assert first["next"] is None
    first = ok(as_user(host).get(path, {"limit": 1}))
    second_page = ok(as_user(host).get(first["next"]))
    assert ([row["id"] for row in second_page["results"]], second_page["next"]) == (keys[:1], None)
    assert refusal(as_user(host).get(path, {"kind": "other"}), 400)["field"] == "kind"
    assert refusal(as_user(other).get(path), 403)["code"] == "banned"
    assert refusal(Client().get(path), 401)["code"] == "login_required"


def test_all_of_a_user_goes_without_a_mute(room: Room, host: User, viewer: User, other: User, admin: User) -> None:
    """In this room for its staff, in all for administrators."""
    second = factories.make_room("second", host=host)
    for where in (room, second):
        factories.make_comments(where, viewer, "a", "b")
        factories.make_comments(where, other, "c")
    assert refusal(command(other, "remove-comments", user=LI_ID), 403)["code"] == "forbidden"
    assert refusal(command(host, "remove-comments", user=LI_ID, all_rooms=True), 403)["field"] == "all_rooms"
    assert refusal(command(host, "remove-comments", user="none"), 400)["field"] == "user"
    assert Comment.objects.filter(state="removed").count() == 0
    assert ok(command(host, "remove-comments", user=LI_ID)) == {"removed": 2}
    assert ok(command(host, "remove-comments", user=LI_ID)) == {"removed": 0}
    assert ok(command(admin, "remove-comments", user=LI_ID, all_rooms=True)) == {"removed": 2}
    assert sorted(Comment.objects.exclude(state="removed").values_list("content", flat=True)) == ["c", "c"]
    assert Sanction.objects.count() == 0
