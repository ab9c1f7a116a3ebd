"""What is to be reviewed, in the administration."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from rooms import admin_reviews
from rooms.messages import Role
from rooms.models import Comment, Event, Review, Room
from rooms.services import reviews
from rooms.services.words import words_add, words_named
from rooms.transaction import RoomTransaction
from tests import factories
from tests.admin_pages import act, member

COMMENTS = "admin:rooms_comment_changelist"
QUEUE = {"review": "open"}


@pytest.fixture(autouse=True)
def _words(transactional_db: None) -> None:
    words_add(["link"], action="hold")


@pytest.fixture
def held(room: Room, viewer: User) -> list[int]:
    """Two comments that wait, and one that does not."""
    first, _, second = factories.make_comments(room, viewer, "a link", "hello", "another link")
    return [first, second]


def queue(browser: Client, **query: Any) -> Any:
    """The list of what is to be reviewed."""
    response = browser.get(reverse(COMMENTS), {**QUEUE, **query})
    assert response.status_code == 200
    return response


def keys(response: Any) -> list[int]:
    return [row.pk for row in response.context["cl"].result_list]


def states() -> list[str]:
    return list(Comment.objects.order_by("pk").values_list("state", flat=True))


def button(browser: Client, action: str, key: int) -> str:
    """Press a button of a row; returns what the administration says."""
    browser.cookies.pop("messages", None)
    response = browser.post(reverse("admin:rooms_comment_do", args=[key, action]))
    assert response.status_code == 302
    (message,) = get_messages(response.wsgi_request)
    return str(message)


def test_who_wrote_what_and_why_it_waits(browser: Client, room: Room, held: list[int]) -> None:
    """The newest first, with the check and the word; a press decides."""
    page = queue(browser)
    assert keys(page) == held[::-1]
    for text in ("another link", "李雷", "blocked word: link", ">Pass</button>", ">Refuse</button>"):
        assert text in page.text
    assert "Take down" not in page.text
    assert keys(queue(browser, room=room.pk)) == held[::-1]
    assert button(browser, "pass_comments", held[0]) == "1 comment was passed."
    assert button(browser, "refuse_comments", held[1]) == "1 comment was refused."
    assert states() == ["shown", "shown", "refused"]
    assert keys(queue(browser)) == []
    assert keys(browser.get(reverse(COMMENTS), {"review": "refused"})) == [held[1]]
    late = button(browser, "pass_comments", held[1])
    assert late == "There is nothing to decide about this any more: it is refused."
    late = button(browser, "refuse_comments", held[0])
    assert late == "There is nothing to decide about this any more: it is shown."
    assert states() == ["shown", "shown", "refused"]
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Changed state."] * 2


@pytest.mark.parametrize("passes", [True, False])
def test_somebody_else_is_quicker(
    browser: Client, room: Room, viewer: User, held: list[int], monkeypatch: pytest.MonkeyPatch, passes: bool
) -> None:
    """By a moment: what was decided meanwhile stays, and is told of; the rest is done."""
    (third,) = factories.make_comments(room, viewer, "a third link")

    class Late(RoomTransaction):
        def __enter__(self) -> RoomTransaction:
            with RoomTransaction(room.pk) as tx:
                decide = reviews.comment_pass if passes else reviews.comment_refuse
                decide(tx, room_id=room.pk, comment_id=held[0])
            return super().__enter__()

    monkeypatch.setattr(admin_reviews, "RoomTransaction", Late)
    action = "refuse_comments" if passes else "pass_comments"
    assert act(browser, COMMENTS, action, held[0], third) == [
        ("success", "1 comment was refused." if passes else "1 comment was passed."),
        ("warning", "1 was decided about already, and stays as it is."),
    ]
    assert states() == (["shown", "shown", "review", "refused"] if passes else ["refused", "shown", "review", "shown"])


def test_some_were_decided_about_while_the_list_was_open(
    browser: Client, room: Room, viewer: User, held: list[int]
) -> None:
    """All that it showed were chosen: whoever decides hears about how many he did not."""
    browser.post(reverse("admin:rooms_comment_do", args=[held[0], "refuse_comments"]))
    browser.cookies.pop("messages", None)
    chosen = {"action": "pass_comments", "_selected_action": [str(key) for key in held]}
    response = browser.post(f"{reverse(COMMENTS)}?review=open", chosen)
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "1 comment was passed.",
        "1 was decided about already, and stays as it is.",
    ]


def test_many_at_once(browser: Client, room: Room, viewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which they were said, in steps; what is not to be decided is left alone."""
    monkeypatch.setattr(admin_reviews, "DECIDED_AT_ONCE", 2)
    texts = [f"link {number}" for number in range(5)]
    ids = factories.make_comments(room, viewer, *texts, "hello")
    assert act(browser, COMMENTS, "pass_comments", *ids) == [("success", "5 comments were passed.")]
    assert Comment.objects.filter(state="shown").count() == 6
    assert Event.objects.filter(kind="message").count() == 6


def test_what_is_shown_and_flagged(browser: Client, room: Room, viewer: User) -> None:
    """Passed, nothing happens to it; refused, it is taken down."""
    ids = factories.make_comments(room, viewer, "a link", "link b", role=Role.HOST)
    page = queue(browser)
    assert keys(page) == ids[::-1]
    assert "to be reviewed" in page.text
    assert button(browser, "pass_comments", ids[0]) == "1 comment was passed."
    assert button(browser, "refuse_comments", ids[1]) == "1 comment was refused."
    assert states() == ["shown", "removed"]
    assert [event.kind for event in Event.objects.order_by("seq")] == ["message", "message", "remove"]


@pytest.mark.parametrize(
    ("check", "detail", "text"),
    [
        ("msg_sec_check", "20001", "WeChat: politics"),
        ("msg_sec_check", "30000", "WeChat: 30000"),
        ("msg_sec_check", "no openid", "WeChat: no WeChat user"),
        ("links_wait", "link", "links_wait: link"),
        ("links_wait", "", "links_wait"),
        ("", "too many wait", "too many wait"),
    ],
)
def test_why(browser: Client, room: Room, held: list[int], check: str, detail: str, text: str) -> None:
    """In words where we know them; on the comment's own page too."""
    Review.objects.filter(comment_id=held[0]).update(check_name=check, detail=detail)
    assert f">{text}</span>" in queue(browser).text
    page = browser.get(reverse("admin:rooms_comment_change", args=[held[0]]))
    assert f">{text}</span>" in page.text


def test_they_are_counted(browser: Client, room: Room, held: list[int]) -> None:
    """On the first page and on the room's, with the way there; nothing is said of none."""
    index, own = reverse("admin:index"), reverse("admin:rooms_room_change", args=[room.pk])
    assert "2 comments to review" in browser.get(index).text
    page = browser.get(own).text
    assert f'<a href="/admin/rooms/comment/?room={room.pk}&amp;review=open">2</a>' in page
    act(browser, COMMENTS, "refuse_comments", *held)
    assert "to review" not in browser.get(index).text
    assert "to review" not in browser.get(own).text


def test_the_newest_of_a_room_can_be_decided_about(browser: Client, room: Room, held: list[int]) -> None:
    """Where the room is run, with the same buttons."""
    page = browser.get(reverse("admin:rooms_room_change", args=[room.pk])).text
    assert page.count("/do/pass_comments/") == 2
    assert "blocked word: link" in page


def test_who_may(room: Room, held: list[int]) -> None:
    """Who only looks has no buttons, and decides nothing."""
    browser = member("view_comment")
    assert "/do/pass_comments/" not in queue(browser).text
    for action in ("pass_comments", "refuse_comments"):
        assert browser.post(reverse("admin:rooms_comment_do", args=[held[0], action])).status_code == 403
    assert states() == ["review", "shown", "review"]


def test_the_queue_costs_the_same_for_many(browser: Client, room: Room, viewer: User) -> None:
    """No query per row."""

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            queue(browser)
        return len(queries)

    factories.make_comments(room, viewer, "link")
    few = cost()
    factories.make_comments(room, viewer, *(f"link {number}" for number in range(10)))
    assert cost() == few


def test_words_are_to_be_held(browser: Client, room: Room, viewer: User) -> None:
    """The third thing that can be done about them."""
    words_add(["other"], action="mask")
    (key,) = words_named(["other"])
    said = act(browser, "admin:rooms_blockedword_changelist", "hold", key)
    assert said == [("success", "1 word is treated so now.")]
    factories.make_comments(room, viewer, "other")
    assert states() == ["review"]
