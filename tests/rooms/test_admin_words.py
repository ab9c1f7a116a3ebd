"""Blocked words in the administration."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms import admin_words
from rooms.models import BlockedWord
from rooms.services.words import words_add, words_current
from tests.admin_pages import Page, act, history, member
from tests.clients import stored

ADD = "admin:rooms_blockedword_add"
LIST = "admin:rooms_blockedword_changelist"


def rows() -> list[tuple[str, str, str]]:
    """What is blocked, by its folded form."""
    return list(BlockedWord.objects.order_by("folded").values_list("word", "folded", "action"))


def test_one_word(browser: Client) -> None:
    """Is blocked at once."""
    assert Page(browser, ADD).save({"lines": " Ｂad ", "action": "mask"}) == "1 word is new."
    assert rows() == [("Ｂad", "bad", "mask")]
    assert words_current().masked("so bad") == "so ***"
    assert history() == ["Added."]
    assert str(LogEntry.objects.get().object_repr) == "Ｂad"


def test_a_whole_list(browser: Client) -> None:
    """One in each line; empty lines are none, what is there already gets the action; one line of history."""
    words_add(["old", "same"], action="mask")
    words_add(["same"], action="refuse")
    page = Page(browser, ADD)
    pasted = "bad\r\n\r\nBAD\nworse word\n  \nold\nsame\n"
    said = page.save({"lines": pasted, "action": "refuse"})
    assert said == "2 words are new. 1 word was known and is treated so now."
    assert [(folded, action) for _, folded, action in rows()] == [
        ("bad", "refuse"),
        ("old", "refuse"),
        ("same", "refuse"),
        ("worse word", "refuse"),
    ]
    assert LogEntry.objects.get().object_repr == "5 words"


def test_ten_thousand_words(browser: Client) -> None:
    """Go in with one form."""
    lines = "\n".join(f"word{number}x" for number in range(10_000))
    assert Page(browser, ADD).save({"lines": lines, "action": "mask"}) == "10000 words are new."
    assert BlockedWord.objects.count() == 10_000


def test_more_than_fit(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are refused, and none is added."""
    monkeypatch.setattr(admin_words, "WORDS_AT_ONCE", 2)
    said = ["At most 2 words at a time; these are 3."]
    assert Page(browser, ADD).refused({"lines": "a\nb\nc", "action": "mask"}) == said
    assert rows() == []


def test_bad_lines_are_named(browser: Client) -> None:
    """The first few, with their numbers; what was typed is kept."""
    page = Page(browser, ADD)
    lines = "good\n\n\u200b\nf*ck\n" + "\n".join(["x" * 51] * 9)
    assert page.refused({"lines": lines, "action": "mask"}) == [
        "Line 3: A word holds something that can be seen, and no *.",
        "Line 4: A word holds something that can be seen, and no *.",
        *(f"Line {number}: A word has at most 50 characters." for number in (5, 6, 7)),
    ]
    assert page.values["lines"][0].splitlines()[0] in ("good", "")
    assert "good" in page.values["lines"][0]
    assert page.refused({"lines": "", "action": "mask"}) == ["This field is required."]
    assert page.refused({"lines": "a", "action": "other"}) == [
        "Select a valid choice. other is not one of the available choices."
    ]
    assert rows() == []


def test_adding_another(browser: Client) -> None:
    """Stays at the form; the list is where one goes else."""
    page = Page(browser, ADD)
    assert page.post({"lines": "a", "action": "mask", "_addanother": "1"}).url == reverse(ADD)
    assert page.post({"lines": "b", "action": "mask"}).url == reverse(LIST)
    assert "_continue" not in page.text


def test_words_are_listed_and_found(browser: Client) -> None:
    """However they are written; escaped."""
    words_add(["Ｂad", "<b>worse</b>"], action="mask")
    words_add(["worst"], action="refuse")

    def listed(**query: str) -> list[str]:
        response = browser.get(reverse(LIST), query)
        assert "<b>worse" not in response.text
        return [row.folded for row in response.context["cl"].result_list]

    assert sorted(listed()) == ["<b>worse</b>", "bad", "worst"]
    assert listed(q="BAD") == ["bad"]
    assert sorted(listed(q="wor")) == ["<b>worse</b>", "worst"]
    assert listed(action__exact="refuse") == ["worst"]


def test_words_are_treated_otherwise(browser: Client) -> None:
    """By actions of their rows."""
    keys = words_add(["bad", "worse"], action="mask").new
    assert act(browser, LIST, "refuse", *keys) == [("success", "2 words are treated so now.")]
    assert act(browser, LIST, "mask", keys[0]) == [("success", "1 word is treated so now.")]
    assert [row[2] for row in rows()] == ["mask", "refuse"]
    assert act(browser, LIST, "mask", keys[0]) == [("success", "0 words are treated so now.")]
    assert [entry.object_repr for entry in LogEntry.objects.order_by("pk")] == ["2 words", "bad"]
    assert history() == ["Changed action."] * 2
    assert words_current().masked("bad") == "***"


def test_words_are_deleted(browser: Client) -> None:
    """One, or those selected; both hold at once."""
    first, second, third = words_add(["bad", "worse", "worst"], action="mask").new
    assert words_current().masked("bad worse worst") == "*** ***** *****"
    response = browser.post(reverse("admin:rooms_blockedword_delete", args=[first]), {"post": "yes"})
    assert response.status_code == 302
    assert words_current().masked("bad worse worst") == "bad ***** *****"
    asked = browser.post(reverse(LIST), {"action": "remove", "_selected_action": [second, third]})
    assert "2 words will not be blocked any more." in asked.text
    assert words_current().masked("bad worse worst") == "bad ***** *****"
    assert act(browser, LIST, "remove", second, third, confirmed="yes") == [("success", "2 words were deleted.")]
    assert words_current().masked("bad worse worst") == "bad worse worst"
    assert rows() == []
    entry = LogEntry.objects.latest("pk")
    assert (entry.object_repr, entry.is_deletion()) == ("2 words", True)


def test_more_words_are_deleted_than_a_form_has_fields(browser: Client) -> None:
    """All on all pages, that a search has found, are one choice: it is asked about and answered in a short form."""
    words_add([f"word{number}x" for number in range(11_000)], action="mask")
    (other,) = words_add(["other"], action="refuse").new
    chosen = list(BlockedWord.objects.filter(action="mask").values_list("pk", flat=True)[:2])
    path = f"{reverse(LIST)}?action__exact=mask"
    sent = {"action": "remove", "_selected_action": chosen, "select_across": "1"}
    asked = browser.post(path, {**sent, "index": "0"})
    assert "11000 words will not be blocked any more." in asked.text
    assert len(asked.text) < 20_000
    for name, value in {**sent, "_selected_action": chosen[0], "confirmed": "yes"}.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in asked.text
    assert browser.post(path, {**sent, "confirmed": "yes"}).status_code == 302
    assert [row.pk for row in BlockedWord.objects.all()] == [other]
    assert LogEntry.objects.get().object_repr == "11000 words"


def test_a_word_is_not_edited(browser: Client) -> None:
    """Its page shows it."""
    (key,) = words_add(["bad"], action="mask").new
    path = reverse("admin:rooms_blockedword_change", args=[key])
    text = browser.get(path).text
    assert "bad" in text
    assert 'name="lines"' not in text
    assert browser.post(path, {"word": "other"}).status_code == 403
    assert rows() == [("bad", "bad", "mask")]


@pytest.mark.parametrize(
    ("permissions", "status", "actions"),
    [
        (("view_blockedword",), 403, set()),
        (("view_blockedword", "add_blockedword"), 200, set()),
        (("view_blockedword", "change_blockedword"), 403, {"refuse", "mask", "hold"}),
        (("view_blockedword", "delete_blockedword"), 403, {"remove"}),
    ],
)
def test_who_may(transactional_db: None, permissions: tuple[str, ...], status: int, actions: set[str]) -> None:
    """Each by its own right."""
    words_add(["bad"], action="mask")
    staff = member(*permissions)
    assert staff.get(reverse(ADD)).status_code == status
    form = staff.get(reverse(LIST)).context["action_form"]
    assert ({name for name, _ in form.fields["action"].choices} - {""} if form else set()) == actions


async def test_a_word_is_live(room: Any, viewer: User, enter: Any) -> None:
    """The next comment is judged by it."""

    def save() -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        Page(client, ADD).save({"lines": "bad", "action": "mask"})

    li = await enter(user=viewer)
    await li.send("message", content="bad 1")
    assert (await li.rest())[0]["content"] == "bad 1"
    await stored(save)
    await li.send("message", content="bad 2")
    assert (await li.rest())[0]["content"] == "*** 2"
