"""Pass and refuse over HTTP."""

from typing import Any
from unittest.mock import ANY

import pytest
from django.test import Client

from accounts.models import User
from rooms.messages import Role
from rooms.models import Comment, Event, Review, Room
from rooms.services.words import words_add
from tests import factories
from tests.accounts.errors import error_of
from tests.api import JSON, as_user, ok
from tests.parts import HOST, LI


@pytest.fixture
def held(room: Room, viewer: User) -> int:
    """A comment that waits."""
    words_add(["link"], action="hold")
    (comment_id,) = factories.make_comments(room, viewer, "a link")
    return comment_id


def decide(caller: User | None, decision: str, comment_id: int, slug: str = "demo") -> Any:
    client = Client() if caller is None else as_user(caller)
    return client.post(f"/api/rooms/{slug}/comments/{comment_id}/{decision}/", {}, JSON)


@pytest.mark.parametrize("decision", ["pass", "refuse"])
def test_it_is_for_the_host_and_his_assistants(room: Room, viewer: User, other: User, held: int, decision: str) -> None:
    """Nobody: 401; an ordinary user, the writer too: 403; an assistant may."""
    assert decide(None, decision, held).status_code == 401
    for user in (viewer, other):
        assert decide(user, decision, held).status_code == 403
    assert Comment.objects.get(pk=held).state == Comment.State.REVIEW
    room.assistants.add(other)
    assert ok(decide(other, decision, held))["state"] != "review"


def test_what_waits_is_listed(room: Room, host: User, viewer: User, other: User, held: int) -> None:
    """For the host and his assistants: oldest first, in pages, with who said it and why it waits."""
    (shown,) = factories.make_comments(room, host, "my link", role=Role.HOST)
    factories.make_comments(factories.make_room("second", host=host), viewer, "a link")
    factories.make_comments(room, viewer, "hello")
    found = {"check": "blocked_words", "detail": "link", "ts": ANY}
    first = {"id": held, "user": LI, "content": "a link", "shown": False, **found}
    second = {"id": shown, "user": HOST, "content": "my link", "shown": True, **found}
    caller = as_user(host)
    page = ok(caller.get("/api/rooms/demo/reviews/?limit=1"))
    assert page["results"] == [first]
    assert ok(caller.get(page["next"])) == {"results": [second], "next": None}
    ok(decide(host, "pass", held))
    assert ok(caller.get("/api/rooms/demo/reviews")) == {"results": [second], "next": None}
    assert as_user(other).get("/api/rooms/demo/reviews/").status_code == 403


def test_passed_and_passed_again(room: Room, host: User, held: int) -> None:
    """The answer is how the comment stands; the first decision counts."""
    shown = {"id": held, "state": "shown", "seq": 1}
    assert ok(decide(host, "pass", held)) == shown
    assert ok(decide(host, "pass", held)) == shown
    assert [event.kind for event in Event.objects.all()] == ["message"]
    assert not Review.objects.exists()
    # What is shown may still be taken down.
    assert ok(decide(host, "refuse", held)) == {"id": held, "state": "removed", "seq": 1}


def test_refused_for_good(room: Room, host: User, held: int) -> None:
    """Nobody passes it after that."""
    refused = {"id": held, "state": "refused", "seq": None}
    for decision in ("refuse", "refuse", "pass"):
        assert ok(decide(host, decision, held)) == refused
    assert not Event.objects.exists()


@pytest.mark.parametrize("decision", ["pass", "refuse"])
def test_a_comment_of_another_room(room: Room, host: User, held: int, decision: str) -> None:
    """There is none of that key here; nothing happens."""
    factories.make_room("second", host=host)
    for where, key in (("second", held), ("demo", held + 1)):
        response = decide(host, decision, key, where)
        assert response.status_code == 404
        assert error_of(response)["code"] == "not_found"
    assert Comment.objects.get(pk=held).state == Comment.State.REVIEW


def test_words_are_held_over_http(room: Room, viewer: User) -> None:
    """The third action, beside refuse and mask."""
    root = User.objects.create_superuser("root")
    added = ok(as_user(root).post("/api/words/", {"words": ["link"], "action": "hold"}, JSON))
    assert added == {"new": 1, "changed": 0}
    factories.make_comments(room, viewer, "a link")
    assert Comment.objects.get().state == Comment.State.REVIEW


@pytest.mark.parametrize("decision", ["pass", "refuse"])
def test_the_removal_of_one_that_waits(room: Room, host: User, held: int, decision: str) -> None:
    """Is a refusal; what is decided afterwards changes nothing."""
    assert as_user(host).delete(f"/api/rooms/demo/comments/{held}/").status_code == 204
    assert ok(decide(host, decision, held)) == {"id": held, "state": "refused", "seq": None}
