"""Blocked words over HTTP."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms.models import BlockedWord
from rooms.services.words import words_add, words_current
from tests.accounts.errors import error_of
from tests.api import JSON, as_user, ok

WORDS = "/api/words/"


@pytest.fixture
def admin(root: User) -> Client:
    """A caller who is an administrator."""
    return as_user(root)


def rows() -> list[tuple[str, str]]:
    return list(BlockedWord.objects.order_by("pk").values_list("folded", "action"))


def test_words_are_added(admin: Client) -> None:
    """All at once; one that is there gets the action, and what is the same changes nothing."""
    asked: dict[str, Any] = {"words": [" Ｂad ", "worse", "BAD"], "action": "mask"}
    assert ok(admin.post(WORDS, asked, JSON)) == {"new": 2, "changed": 0}
    assert ok(admin.post(WORDS, {**asked, "action": "refuse"}, JSON)) == {"new": 0, "changed": 2}
    assert ok(admin.post(WORDS, {**asked, "action": "refuse"}, JSON)) == {"new": 0, "changed": 0}
    assert rows() == [("bad", "refuse"), ("worse", "refuse")]
    assert words_current().matches("so bad")


def test_words_are_listed(admin: Client) -> None:
    """Page by page."""
    keys = words_add(["bad", "worse", "worst"], action="mask").new
    first = ok(admin.get(WORDS, {"limit": 2}))
    assert [(row["id"], row["word"], row["action"]) for row in first["results"]] == [
        (keys[0], "bad", "mask"),
        (keys[1], "worse", "mask"),
    ]
    assert first["results"][0].keys() == {"id", "word", "action", "created_at"}
    second = ok(admin.get(first["next"]))
    assert ([row["id"] for row in second["results"]], second["next"]) == ([keys[2]], None)


def test_words_are_removed(admin: Client) -> None:
    """By what they are, or one by its key; what is not there is none."""
    keys = words_add(["bad", "worse", "worst"], action="mask").new
    assert ok(admin.post(f"{WORDS}remove/", {"words": ["ＢＡＤ", "none"]}, JSON)) == {"removed": 1}
    assert admin.delete(f"{WORDS}{keys[1]}/").status_code == 204
    answer = admin.delete(f"{WORDS}{keys[1]}/")
    assert (answer.status_code, error_of(answer)["detail"]) == (404, "There is no such word.")
    assert rows() == [("worst", "mask")]
    assert words_current().masked("bad worse worst") == "bad worse *****"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"words": [], "action": "mask"}, "words"),
        ({"words": ["a"] * 10_001, "action": "mask"}, "words"),
        ({"words": ["a"], "action": "other"}, "action"),
        ({"words": ["a", "f*ck"], "action": "mask"}, "words"),
        ({"words": ["a", "x" * 51], "action": "mask"}, "words"),
        ({"action": "mask"}, "words"),
    ],
)
def test_a_bad_list_adds_nothing(admin: Client, body: Any, field: str) -> None:
    """What is wrong is named."""
    answer = admin.post(WORDS, body, JSON)
    assert (answer.status_code, error_of(answer)["field"]) == (400, field)
    assert rows() == []


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("path", ["", "remove/", "1/"])
def test_they_are_for_administrators(client: Client, host: User, path: str, method: str) -> None:
    """A host may not even look: they hold in all rooms."""
    words_add(["bad"], action="mask")
    answers = [getattr(caller, method)(WORDS + path) for caller in (client, as_user(host))]
    assert [answer.status_code for answer in answers] == [401, 403]
    assert error_of(answers[1])["detail"] == "This is for administrators."
    assert rows() == [("bad", "mask")]
