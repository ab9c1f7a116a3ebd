"""Rooms over HTTP."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms.messages import Role
from rooms.models import Comment, Event, Room, RoomHead
from rooms.realtime import presence, runtime
from rooms.services.comments import comment_post, comments_remove
from rooms.transaction import RoomTransaction
from tests import factories
from tests.accounts.errors import error_of
from tests.api import JSON, as_user, in_browser, ok
from tests.clients import Clock, settle, stored, tidy
from tests.parts import HOST, LI, room_part, without_ts

COMMANDS = [
    ("start", {}),
    ("pause", {}),
    ("end", {}),
    ("notice", {"text": "Hello"}),
    ("pin", {"comment_id": None}),
    ("settings", {"slow_mode": 5}),
]


def say(room: Room, user: User, *contents: str) -> list[Comment]:
    """Comments of a viewer, in one commit."""
    with RoomTransaction(room.pk) as tx:
        return [
            comment_post(tx, room_id=room.pk, user=user, role=Role.VIEWER, content=content).comment
            for content in contents
        ]


def detail(room: Room, seq: int, **changes: Any) -> dict[str, Any]:
    """The room of the fixture over HTTP."""
    part = {**room_part(), "online": 0, "likes": 0, "epoch": room.epoch, "seq": seq}
    return {**part, **changes}


def log_of(room: Room) -> list[dict[str, Any]]:
    """The room's events, without their times."""
    payloads = Event.objects.filter(room=room).order_by("seq").values_list("payload", flat=True)
    return [without_ts(json.loads(payload)) for payload in payloads]


# --- The list and one room.


@pytest.mark.parametrize("path", ["/api/rooms", "/api/rooms/"])
def test_the_list_has_the_room_of_init_and_who_is_online(client: Client, room: Room, path: str) -> None:
    """With and without the last slash; a list is results and next."""
    assert ok(client.get(path)) == {"results": [{**room_part(), "online": 0}], "next": None}


def test_the_list_comes_in_pages(client: Client, room: Room, host: User) -> None:
    """Each leads to the next, until the last one."""
    for number in range(3):
        factories.make_room(f"room-{number}", host=host)
    slugs, path = [], "/api/rooms/?limit=2"
    while path:
        page = ok(client.get(path))
        slugs.append([line["slug"] for line in page["results"]])
        path = page["next"]
    assert slugs == [["demo", "room-0"], ["room-1", "room-2"]]


@pytest.mark.parametrize("path", ["/api/rooms/demo", "/api/rooms/demo/"])
def test_a_room_is_told_with_its_newest_number(client: Client, room: Room, path: str) -> None:
    """What is needed to go on over the socket."""
    RoomHead.objects.filter(room=room).update(likes=7, followers=3)
    assert ok(client.get(path)) == detail(room, 0, likes=7, followers=3)


@pytest.mark.parametrize("slug", ["none", "房间", "a b", "x" * 80])
@pytest.mark.parametrize("rest", ["", "/", "/comments/", "/events", "/shelf/"])
def test_a_room_that_is_not_there(client: Client, room: Room, slug: str, rest: str) -> None:
    """Any text may stand in the path."""
    response = client.get(f"/api/rooms/{slug}{rest}")
    assert response.status_code == 404
    assert error_of(response) == {"code": "room_not_found", "detail": "There is no such room.", "retry": False}


@pytest.mark.parametrize(
    ("path", "field", "detail"),
    [
        ("/api/rooms/?limit=0", "limit", "Expected `int` >= 1 - at `limit`"),
        ("/api/rooms/?limit=101", "limit", "Expected `int` <= 100 - at `limit`"),
        ("/api/rooms/?cursor=x", "cursor", "Expected `int`, got `str` - at `cursor`"),
        ("/api/rooms/demo/comments/?before=-1", "before", "Expected `int` >= 0 - at `before`"),
        ("/api/rooms/demo/comments/?limit=ten", "limit", "Expected `int`, got `str` - at `limit`"),
        ("/api/rooms/demo/events/?since=one", "since", "Expected `int`, got `str` - at `since`"),
        ("/api/rooms/demo/events/?since=-1", "since", "Expected `int` >= 0 - at `since`"),
        ("/api/rooms/demo/events/?limit=501", "limit", "Expected `int` <= 500 - at `limit`"),
    ],
)
def test_a_malformed_query_is_named(client: Client, room: Room, path: str, field: str, detail: str) -> None:
    """With its limit."""
    response = client.get(path)
    assert response.status_code == 400
    assert error_of(response) == {"code": "bad_message", "detail": detail, "retry": False, "field": field}


# --- Who is online.


async def test_online_counts_the_sockets_of_this_process(room: Room, viewer: User, enter: Any) -> None:
    """Distinct people: two sockets of one user are one."""
    client = Client()
    await enter(user=viewer)
    await enter(user=viewer)
    await enter()
    assert ok(await stored(client.get, "/api/rooms/"))["results"] == [{**room_part(), "online": 2}]
    assert ok(await stored(client.get, "/api/rooms/demo/"))["online"] == 2


async def test_online_counts_the_people_of_other_processes(
    room: Room, host: User, engine: None, enter: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rooms without a viewer here too; a process that falls silent is forgotten after its time-out and the grace."""
    monkeypatch.setattr(presence, "REMOTE_TIMEOUT", 6.0)
    second = await stored(factories.make_room, "second", host=host)
    big = await stored(factories.make_room, "big", host=host)

    def told(process: str, *rooms: tuple[int, int, list[str] | None]) -> None:
        runtime.current()._receive({"type": "process.presence", "process": process, "rooms": rooms})

    async def online() -> dict[str, int]:
        results = ok(await stored(Client().get, "/api/rooms/"))["results"]
        return {line["slug"]: line["online"] for line in results}

    told("a", (room.pk, 2, ["li", "han"]), (big.pk, 900, None))
    told("b", (room.pk, 2, ["han", "mei"]), (second.pk, 0, []))
    assert await online() == {"demo": 3, "second": 0, "big": 900}
    # The first viewer here finds them counted already.
    socket = await enter()
    assert await online() == {"demo": 4, "second": 0, "big": 900}
    await clock.advance(15)
    told("b", (room.pk, 1, ["mei"]))
    await tidy()
    assert await online() == {"demo": 4, "second": 0, "big": 900}
    await clock.advance(2)
    await tidy()
    assert await online() == {"demo": 2, "second": 0, "big": 0}
    await socket.rest()


# --- Comments.


def test_comments_run_oldest_first_and_lead_to_older_ones(client: Client, room: Room, viewer: User) -> None:
    """Page by page, by seq; each as in init."""
    said = say(room, viewer, *"abcde")
    assert ok(client.get("/api/rooms/demo/comments/?limit=2")) == {
        "results": [
            {
                "id": comment.pk,
                "seq": comment.seq,
                "ts": round(comment.created_at.timestamp() * 1000),
                "user": LI,
                "content": comment.content,
            }
            for comment in said[3:]
        ],
        "next": "/api/rooms/demo/comments/?before=4&limit=2",
    }
    second = ok(client.get("/api/rooms/demo/comments/?before=4&limit=2"))
    assert [comment["content"] for comment in second["results"]] == ["b", "c"]
    last = ok(client.get(second["next"]))
    assert [comment["content"] for comment in last["results"]] == ["a"]
    assert last["next"] is None


def test_comments_of_an_earlier_show_and_removed_ones_are_left_out(client: Client, room: Room, viewer: User) -> None:
    """As in init."""
    say(room, viewer, "yesterday")
    Room.objects.filter(pk=room.pk).update(show=2)
    _, gone = say(room, viewer, "today", "gone")
    with RoomTransaction(room.pk) as tx:
        comments_remove(tx, room_id=room.pk, comment_ids=[gone.pk])
    page = ok(client.get("/api/rooms/demo/comments"))
    assert [comment["content"] for comment in page["results"]] == ["today"]


# --- Events.


def test_events_are_the_frames_of_the_socket(client: Client, room: Room, viewer: User) -> None:
    """After a number, or all; `seq` is the `since` of the next request, `more` says whether there is one."""
    said = say(room, viewer, *"abc")
    frames = [
        {
            "msg_type": "message",
            "ts": round(comment.created_at.timestamp() * 1000),
            "seq": comment.seq,
            "id": comment.pk,
            "user": LI,
            "content": comment.content,
        }
        for comment in said
    ]
    path = "/api/rooms/demo/events"
    epoch = room.epoch
    assert ok(client.get(path)) == {"events": frames, "seq": 3, "epoch": epoch, "more": False}
    first = ok(client.get(f"{path}/?limit=2&epoch={epoch}"))
    assert first == {"events": frames[:2], "seq": 2, "epoch": epoch, "more": True}
    second = ok(client.get(f"{path}/?since=2&limit=2&epoch={epoch}"))
    assert second == {"events": frames[2:], "seq": 3, "epoch": epoch, "more": False}
    assert ok(client.get(f"{path}/?since=3")) == {"events": [], "seq": 3, "epoch": epoch, "more": False}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("since=1&epoch=other", {"field": "epoch", "detail": "This room's log has another epoch: begin anew."}),
        ("since=2", {"field": "since", "limit": 1, "detail": "This room's log ends with 1: begin anew."}),
    ],
)
def test_a_number_of_another_log_is_refused(client: Client, room: Room, viewer: User, query: str, error: Any) -> None:
    """After a restore from a backup nobody waits for events that were there once."""
    say(room, viewer, "a")
    response = client.get(f"/api/rooms/demo/events/?{query}")
    assert response.status_code == 400
    assert error_of(response) == {"code": "bad_message", "retry": False, **error}


# --- Who may do what.


@pytest.mark.parametrize(("name", "body"), COMMANDS)
def test_commands_are_for_the_host_and_his_assistants(room: Room, viewer: User, name: str, body: Any) -> None:
    """Nobody: 401; an ordinary user: 403; nothing happens."""
    path = f"/api/rooms/demo/{name}/"
    response = Client().post(path, body, JSON)
    assert response.status_code == 401
    assert error_of(response)["code"] == "login_required"
    response = as_user(viewer).post(path, body, JSON)
    assert response.status_code == 403
    assert error_of(response) == {
        "code": "forbidden",
        "detail": "This is for the host of the room and his assistants.",
        "retry": False,
    }
    assert log_of(room) == []
    room.assistants.add(viewer)
    ok(as_user(viewer).post(path, body, JSON))


@pytest.mark.parametrize("path", ["comments/1", "stats"])
def test_the_rest_of_the_staff_routes_too(room: Room, viewer: User, path: str) -> None:
    """Removing a comment, and the numbers."""
    method = "delete" if path.startswith("comments") else "get"
    assert getattr(Client(), method)(f"/api/rooms/demo/{path}/").status_code == 401
    assert getattr(as_user(viewer), method)(f"/api/rooms/demo/{path}/").status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"is_staff": True, "is_superuser": True}, 200), ({"is_staff": True}, 403), ({"is_superuser": True}, 403)],
)
def test_an_administrator_may_do_everything(room: Room, viewer: User, fields: Any, status: int) -> None:
    """One who may log in to the admin and has every right there."""
    User.objects.filter(pk=viewer.pk).update(**fields)
    assert as_user(viewer).post("/api/rooms/demo/pause/").status_code == status


def test_a_session_needs_a_csrf_token(room: Room, host: User) -> None:
    """A foreign page cannot end a show."""
    browser = in_browser(host)
    response = browser.post("/api/rooms/demo/end/")
    assert response.status_code == 403
    assert error_of(response)["detail"] == "CSRF Failed: CSRF cookie not set."
    browser.cookies["csrftoken"] = "c" * 32
    assert ok(browser.post("/api/rooms/demo/end/", headers={"X-CSRFToken": "c" * 32}))["status"] == "ended"


# --- Commands.


def test_a_show_is_paused_ended_and_begun_again(room: Room, host: User) -> None:
    """Every step is one `room` event and is answered with the room; what is so already is none."""
    caller = as_user(host)
    path = "/api/rooms/demo"
    assert ok(caller.post(f"{path}/start")) == detail(room, 0)
    assert ok(caller.post(f"{path}/pause")) == detail(room, 1, status="paused")
    assert ok(caller.post(f"{path}/end/")) == detail(room, 2, status="ended")
    assert ok(caller.post(f"{path}/start/")) == detail(room, 3, show=2)
    assert log_of(room) == [
        {"msg_type": "room", "seq": 1, "room": room_part(status="paused")},
        {"msg_type": "room", "seq": 2, "room": room_part(status="ended")},
        {"msg_type": "room", "seq": 3, "room": room_part(show=2)},
    ]


def test_a_step_that_there_is_none_of(room: Room, host: User) -> None:
    """It is a conflict, and nothing happens."""
    Room.objects.filter(pk=room.pk).update(status="ended")
    response = as_user(host).post("/api/rooms/demo/pause/")
    assert response.status_code == 409
    assert error_of(response) == {
        "code": "room_closed",
        "detail": "Only a live show can be paused; this room is ended.",
        "retry": False,
        "field": "status",
    }
    assert log_of(room) == []


def test_a_notice_goes_up_and_down(room: Room, host: User) -> None:
    """Spaces around it are dropped; several lines are fine."""
    caller = as_user(host)
    assert ok(caller.post("/api/rooms/demo/notice/", {"text": " Sale\nat 8 "}, JSON)) == detail(
        room, 1, notice="Sale\nat 8"
    )
    assert ok(caller.post("/api/rooms/demo/notice", {"text": ""}, JSON)) == detail(room, 2)
    assert log_of(room) == [
        {"msg_type": "notice", "seq": 1, "text": "Sale\nat 8"},
        {"msg_type": "notice", "seq": 2, "text": ""},
    ]


def test_a_comment_is_pinned_and_unpinned(room: Room, host: User, viewer: User) -> None:
    """One that is not shown here cannot be."""
    caller = as_user(host)
    (comment,) = say(room, viewer, "a")
    part = {"id": comment.pk, "seq": 1, "ts": round(comment.created_at.timestamp() * 1000), "user": LI, "content": "a"}
    assert ok(caller.post("/api/rooms/demo/pin/", {"comment_id": comment.pk}, JSON)) == detail(room, 2, pinned=part)
    assert ok(caller.post("/api/rooms/demo/pin", {"comment_id": None}, JSON)) == detail(room, 3)
    response = caller.post("/api/rooms/demo/pin/", {"comment_id": comment.pk + 1}, JSON)
    assert response.status_code == 400
    assert error_of(response) == {
        "code": "bad_message",
        "detail": f"Comment {comment.pk + 1} is not shown in this room.",
        "retry": False,
        "field": "comment_id",
    }
    assert log_of(room)[1:] == [
        {"msg_type": "pin", "seq": 2, "comment": part},
        {"msg_type": "pin", "seq": 3, "comment": None},
    ]


def test_settings_are_told_by_one_event(room: Room, host: User) -> None:
    """What is left out stays as it is; what is so already is no event."""
    caller = as_user(host)
    changed = {
        "title": "Tea",
        "cover": "/static/tea.png",
        "stream": "https://live.example/tea.m3u8",
        "slow_mode": 10,
        "allow": {"comments": True, "likes": False, "shop": True},
    }
    body = {**changed, "title": " Tea ", "allow": {"likes": False}, "status": "ended", "unknown": 1}
    assert ok(caller.post("/api/rooms/demo/settings/", body, JSON)) == detail(room, 1, **changed)
    assert ok(caller.post("/api/rooms/demo/settings", {"cover": "", "allow": {}}, JSON)) == detail(
        room, 2, **{**changed, "cover": ""}
    )
    ok(caller.post("/api/rooms/demo/settings/", {"slow_mode": 10}, JSON))
    assert log_of(room) == [
        {"msg_type": "room", "seq": 1, "room": room_part(**changed)},
        {"msg_type": "room", "seq": 2, "room": room_part(**{**changed, "cover": ""})},
    ]


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("notice", {}, "text"),
        ("notice", {"text": None}, "text"),
        ("notice", {"text": "x" * 501}, "text"),
        ("notice", {"text": "a\0b"}, "text"),
        ("pin", {}, "comment_id"),
        ("pin", {"comment_id": "7"}, "comment_id"),
        ("settings", {"slow_mode": 301}, "slow_mode"),
        ("settings", {"slow_mode": -1}, "slow_mode"),
        ("settings", {"slow_mode": True}, "slow_mode"),
        ("settings", {"title": ""}, "title"),
        ("settings", {"title": "   "}, "title"),
        ("settings", {"title": "x" * 101}, "title"),
        ("settings", {"title": "a\nb"}, "title"),
        ("settings", {"title": None}, "title"),
        ("settings", {"cover": "javascript:alert(1)"}, "cover"),
        ("settings", {"cover": "//evil.example/x.png"}, "cover"),
        ("settings", {"stream": "ftp://live.example/"}, "stream"),
        ("settings", {"allow": {"likes": "no"}}, "allow"),
        ("settings", {"allow": None}, "allow"),
    ],
)
def test_a_bad_field_is_named(room: Room, host: User, name: str, body: Any, field: str) -> None:
    """And nothing is changed."""
    response = as_user(host).post(f"/api/rooms/demo/{name}/", body, JSON)
    error = error_of(response)
    assert (response.status_code, error["code"], error["field"]) == (400, "bad_message", field)
    assert log_of(room) == []


@pytest.mark.parametrize("text", ["{", '{"text": NaN}', b'{"text": "\xff"}', "[" * 100_000])
def test_a_body_that_is_no_json(room: Room, host: User, text: str | bytes) -> None:
    """It is bad_json, as over the socket."""
    response = as_user(host).post("/api/rooms/demo/notice/", text, JSON)
    assert response.status_code == 400
    assert error_of(response) == {"code": "bad_json", "detail": "The body is no JSON.", "retry": False}


def test_half_an_emoji_in_a_body(room: Room, host: User) -> None:
    """It is replaced, as over the socket: no database could store it."""
    response = as_user(host).post("/api/rooms/demo/notice/", r'{"text": "new \ud83d"}', JSON)
    assert (response.status_code, response.json()["notice"]) == (200, "new \ufffd")


@pytest.mark.parametrize("text", ["[]", "7", "null", '"x"'])
def test_a_body_that_is_no_object(room: Room, host: User, text: str) -> None:
    """JSON of another kind is bad_message, of no field in particular."""
    response = as_user(host).post("/api/rooms/demo/notice/", text, JSON)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (400, "bad_message")
    assert "field" not in error


def test_a_body_that_is_too_large(room: Room, host: User, settings: Any) -> None:
    """It is not even read."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = as_user(host).post("/api/rooms/demo/notice/", {"text": "x" * 100}, JSON)
    assert response.status_code == 413
    assert error_of(response)["code"] == "too_large"


def test_a_comment_is_taken_down(room: Room, host: User, viewer: User) -> None:
    """From the log too; a second time changes nothing, one of another room is not there."""
    first, second = say(room, viewer, "a", "b")
    other = factories.make_room("other", host=host)
    caller = as_user(host)
    for path in (f"comments/{second.pk}/", f"comments/{second.pk}"):
        response = caller.delete(f"/api/rooms/demo/{path}")
        assert (response.status_code, response.content) == (204, b"")
    assert log_of(room) == [
        {"msg_type": "message", "seq": 1, "id": first.pk, "user": LI, "content": "a"},
        {"msg_type": "message", "seq": 2, "id": second.pk, "user": LI, "content": "", "removed": True},
        {"msg_type": "remove", "seq": 3, "comment_ids": [second.pk]},
    ]
    for slug, pk in ((other.slug, first.pk), ("demo", 10**15)):
        response = caller.delete(f"/api/rooms/{slug}/comments/{pk}/")
        assert response.status_code == 404
        assert error_of(response) == {
            "code": "not_found",
            "detail": "This room has no such comment.",
            "retry": False,
        }


async def test_a_command_is_seen_on_the_sockets(room: Room, host: User, enter: Any) -> None:
    """The same event as from anywhere else, once."""
    socket = await enter()
    caller = await stored(as_user, host)
    ok(await stored(caller.post, "/api/rooms/demo/notice/", {"text": "Hello"}, JSON))
    await settle()
    await socket.expect("notice", seq=1, text="Hello")
    ok(await stored(caller.post, "/api/rooms/demo/pause/"))
    await settle()
    await socket.expect("room", seq=2, room=room_part(notice="Hello", status="paused"))
    await socket.nothing()


def test_a_wrong_method(room: Room) -> None:
    """It is bad_message; the methods that there are stand in Allow."""
    response = Client().put("/api/rooms/demo/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert error_of(response) == {"code": "bad_message", "detail": 'Method "PUT" not allowed.', "retry": False}
    described = ok(Client().options("/api/rooms/demo/"))
    assert described["name"] == "Room Detail"


def test_the_host_is_told_as_one(client: Client, room: Room) -> None:
    """With his role."""
    assert ok(client.get("/api/rooms/demo/"))["host"] == {"user": HOST}
