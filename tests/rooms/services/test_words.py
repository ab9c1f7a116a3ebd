"""Blocked words: found however they are written, masked in place, the same in every process."""

from unittest.mock import Mock

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from rooms.folding import fold
from rooms.messages import Code, Refused
from rooms.models import BlockedWord, WordsVersion
from rooms.services import words
from rooms.services.words import MASK, Words, word_clean, words_add, words_current, words_remove
from tests import factories
from tests.clients import stored
from tests.rooms.test_folding import TEXT


def masking(*texts):
    """These words, to be masked."""
    return Words((fold(text).text, "mask") for text in texts)


# --- masked


@pytest.mark.parametrize(
    ("blocked", "content", "masked"),
    [
        (["bad"], "bad", "***"),
        (["bad"], "a BAD day, ＢＡＤ!", "a *** day, ***!"),
        (["bad"], "b\u200bad x", "**** x"),
        (["bad"], "\u200bbad\u200b", "\u200b***\u200b"),
        (["ba", "ad"], "bad", "***"),
        (["bad", "a"], "bad, a", "***, *"),
        (["坏茶"], "这是坏茶😀", "这是**😀"),
        (["strasse"], "die Straße dort", "die ****** dort"),
        (["ss"], "Straße", "Stra*e"),
        (["株"], "㍿", "*"),
        (["e"], "e\u0301e", "e\u0301*"),
        (["é"], "xe\u0301x é", "x**x *"),
        (["가"], "각", "각"),
        (["👨👩"], "👨‍👩‍👧", "***‍👧"),
        (["😀"], "a😀b", "a*b"),
        (["a b"], "a　B", "***"),
        (["bad"], "x b\u0336a\u0336d\u0336 y", "x ****** y"),
        (["badword"], "bad\u0336word, bad\u2800word", "********, ********"),
        (["坏词"], "这是坏\u20dd词\u0301。", "这是****。"),
        (["bad word"], "a bad  \u3000word.", "a **********."),
        ([], "anything", "anything"),
        (["bad"], "", ""),
    ],
)
def test_a_word_is_masked_in_place(blocked, content, masked):
    """Each character from its first to its last; what stands beside it stays."""
    assert masking(*blocked).masked(content) == masked


BLOCKED = st.lists(TEXT.filter(lambda text: fold(text).text.strip() and MASK not in fold(text).text), max_size=5)


@given(BLOCKED, TEXT, TEXT)
def test_masking_changes_nothing_else(blocked, before, after):
    """The length stays; each other character is what it was; masked again it is the same; no blocked word is left."""
    found = masking(*blocked)
    content = "".join([before, *blocked[:2], after])
    masked = found.masked(content)
    places = {index for match in found.matches(content) for index in range(match.start, match.end)}
    assert len(masked) == len(content)
    assert all(masked[index] == (MASK if index in places else char) for index, char in enumerate(content))
    assert found.matches(masked) == []
    assert found.masked(masked) == masked


@given(BLOCKED.filter(bool), TEXT, TEXT)
def test_a_word_is_found_between_others(blocked, before, after):
    """Unless what stands beside it makes other characters of its own."""
    content = f"{before} {blocked[0]} {after}"
    assert masking(*blocked).matches(content)


# --- kept


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "The word “” has nothing that can be seen."),
        (" \u200b\ufeff ", "The word “\u200b\ufeff” has nothing that can be seen."),
        ("x" * 51, f"The word “{'x' * 51}” has 51 characters, at most 50."),
        ("f*ck", "The word “f*ck” holds a *, which is what is put for masked ones."),
        ("f＊ck", "The word “f＊ck” holds a *, which is what is put for masked ones."),
    ],
)
def test_a_word_that_cannot_be_blocked(word, said):
    """Says which, and why."""
    with pytest.raises(Refused) as refused:
        word_clean(word)
    assert (refused.value.code, refused.value.field, str(refused.value)) == (Code.BAD_MESSAGE, "word", said)


def test_a_word_keeps_its_own_writing():
    """Without spaces around it, and with one between its parts."""
    assert word_clean("  Ｂad \t Word ") == ("Ｂad Word", "bad word")


def test_words_are_added_once(transactional_db):
    """What folds alike is one word; another action is a change, the same one none."""
    first = words_add(["Bad", "ｂａｄ", "worse"], action="mask")
    assert (len(first.new), first.changed) == (2, [])
    again = words_add(["BAD", "worst"], action="refuse")
    assert (len(again.new), again.changed) == (1, [BlockedWord.objects.get(folded="bad").word])
    assert words_add(["bad"], action="refuse") == ([], [])
    rows = BlockedWord.objects.order_by("folded").values_list("folded", "action")
    assert list(rows) == [("bad", "refuse"), ("worse", "mask"), ("worst", "refuse")]


def test_one_bad_word_adds_none(transactional_db):
    """All or nothing."""
    with pytest.raises(Refused):
        words_add(["good", "*"], action="mask")
    assert not BlockedWord.objects.exists()


def test_words_are_removed(transactional_db):
    """And one that is gone already is not counted."""
    added = words_add(["bad", "worse"], action="mask")
    assert words_remove(added.new) == 2
    assert words_remove(added.new) == 0
    assert words_current().masked("bad worse") == "bad worse"


def test_thousands_of_words(transactional_db):
    """Go in at once, and are all found."""
    many = [f"word{number}x" for number in range(5000)]
    assert len(words_add(many, action="mask").new) == 5000
    assert words_current().masked("a word4999x b") == "a ********* b"


# --- in every process


@pytest.fixture
def elsewhere(monkeypatch):
    """Another process: it hears nothing of what this one changes."""
    monkeypatch.setattr(words, "words_look_again", lambda: None)
    return words._Loaded()


async def test_another_process_looks_twice_a_second(transactional_db, elsewhere, clock):
    """It has a change after LOOK_EVERY, whatever was changed, and not before it looks."""

    async def masked():
        return (await stored(elsewhere.current)).masked("bad worse")

    assert await masked() == "bad worse"
    bad = (await stored(words_add, ["bad"], action="mask")).new
    assert await masked() == "bad worse"
    await clock.advance(words.LOOK_EVERY)
    assert await masked() == "*** worse"
    await stored(words_remove, bad)
    await stored(words_add, ["worse"], action="mask")
    assert await masked() == "*** worse"
    await clock.advance(words.LOOK_EVERY)
    assert await masked() == "bad *****"
    assert words.LOOK_EVERY <= 0.5


def test_a_look_is_one_row(room, viewer, clock):
    """None for a comment while the last look is fresh; the words are read only when they changed."""
    words_add(["bad"], action="mask")
    factories.make_comments(room, viewer, "a")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            factories.make_comments(room, viewer, "bad")
        sql = " ".join(query["sql"] for query in queries)
        return sql.count('FROM "rooms_wordsversion"'), sql.count('FROM "rooms_blockedword"')

    assert asked() == (0, 0)
    clock._ahead_ns += 500_000_000
    assert asked() == (1, 0)
    words_add(["worse"], action="mask")
    assert asked() == (1, 1)
    assert asked() == (0, 0)


def test_a_change_that_is_rolled_back_is_none(transactional_db, monkeypatch):
    """Neither kept nor looked for."""
    looked = Mock()
    monkeypatch.setattr(words, "words_look_again", looked)

    with transaction.atomic():
        words_add(["bad"], action="mask")
        transaction.set_rollback(True)
    looked.assert_not_called()
    assert not BlockedWord.objects.exists()
    assert not WordsVersion.objects.exists()
