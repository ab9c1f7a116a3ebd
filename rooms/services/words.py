"""Blocked words: kept in the database, looked for in memory.

Every process has all words in one automaton. Before a text is judged, at most every LOOK_EVERY seconds, one row is read
that says whether they have changed.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import ahocorasick
from django.db import transaction

from rooms.folding import fold
from rooms.messages import Code, Refused
from rooms.models import BlockedWord, WordsVersion, new_epoch

LOOK_EVERY = 0.5
MASK = "*"
KEYS_AT_ONCE = 1000

Action = BlockedWord.Action


class Match(NamedTuple):
    """A blocked word in a text: its first character, the one after its last, what is to be done, the word folded."""

    start: int
    end: int
    action: str
    word: str


class Words:
    """A set of blocked words, given as (folded, action)."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self._automaton = ahocorasick.Automaton()
        for folded, action in rows:
            self._automaton.add_word(folded, (folded, action))
        self._any = len(self._automaton) > 0
        if self._any:
            self._automaton.make_automaton()

    def matches(self, text: str) -> list[Match]:
        """Every blocked word in a text, those inside others too."""
        if not self._any:
            return []
        folded = fold(text)
        return [
            Match(folded.starts[last - len(word) + 1], folded.ends[last], action, word)
            for last, (word, action) in self._automaton.iter(folded.text)
        ]

    def masked(self, content: str, found: Sequence[Match] | None = None) -> str:
        """The text with ``*`` for each character of a word to mask, from its first to its last.

        ``found``: its matches, if they are known. The text is as long as it was, and masked again stays as it is: no
        blocked word holds a ``*``.
        """
        chars = list(content)
        for match in self.matches(content) if found is None else found:
            if match.action == Action.MASK:
                chars[match.start : match.end] = MASK * (match.end - match.start)
        return "".join(chars)


class _Loaded:
    """The words that this process has: of which version, and when that was looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._version = ""
        self._words = Words(())

    def current(self) -> Words:
        if time.monotonic() - self._looked_at >= LOOK_EVERY:
            with self._lock:
                self._look()
        return self._words

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return
        # The version first: a change between the two is found at the next look.
        version = WordsVersion.objects.values_list("version", flat=True).first() or ""
        if version != self._version:
            self._words = Words(BlockedWord.objects.values_list("folded", "action"))
            self._version = version
        self._looked_at = now

    def look_again(self) -> None:
        self._looked_at = float("-inf")


_loaded = _Loaded()

words_current = _loaded.current
"""The blocked words as of LOOK_EVERY seconds ago at most. Reads the database now and then: not on the event loop."""

words_look_again = _loaded.look_again
"""Have this process look at its next text whether the words have changed."""


def word_clean(word: str) -> tuple[str, str]:
    """A word as it is stored, and folded; raises Refused ``bad_message``."""
    word = " ".join(word.split())
    limit = BlockedWord._meta.get_field("word").max_length or 0
    folded = fold(word).text.strip()
    if not folded:
        raise Refused(Code.BAD_MESSAGE, f"The word “{word}” has nothing that can be seen.", field="word")
    if len(word) > limit:
        raise Refused(
            Code.BAD_MESSAGE,
            f"The word “{word}” has {len(word)} characters, at most {limit}.",
            field="word",
            limit=limit,
        )
    if MASK in folded:
        raise Refused(
            Code.BAD_MESSAGE, f"The word “{word}” holds a {MASK}, which is what is put for masked ones.", field="word"
        )
    return word, folded


class Added(NamedTuple):
    """What ``words_add`` did: keys of new words, and words whose action is another now; the rest was so already."""

    new: list[int]
    changed: list[str]


def words_add(words: Iterable[str], *, action: str) -> Added:
    """Block words; one that is blocked already gets this action. Raises Refused ``bad_message`` for a bad one."""
    asked = {folded: word for word, folded in map(word_clean, words)}
    with transaction.atomic():
        _lock_words()
        known = {row.folded: row for row in BlockedWord.objects.all() if row.folded in asked}
        changed = [row for row in known.values() if row.action != action]
        for some in _batched(row.pk for row in changed):
            BlockedWord.objects.filter(pk__in=some).update(action=action)
        rows = [
            BlockedWord(word=word, folded=folded, action=action)
            for folded, word in asked.items()
            if folded not in known
        ]
        new = [row.pk for row in BlockedWord.objects.bulk_create(rows)]
        if new or changed:
            _words_changed()
    return Added(new, [row.word for row in changed])


def words_named(words: Iterable[str]) -> list[int]:
    """Keys of those of these words that are blocked, however they are written; raises Refused ``bad_message``."""
    asked = {folded for _word, folded in map(word_clean, words)}
    return [pk for pk, folded in BlockedWord.objects.values_list("pk", "folded") if folded in asked]


def words_remove(keys: Sequence[int]) -> int:
    """Block these words no more; returns how many were blocked."""
    with transaction.atomic():
        _lock_words()
        count = sum(BlockedWord.objects.filter(pk__in=some).delete()[0] for some in _batched(keys))
        if count:
            _words_changed()
    return count


def _batched(keys: Iterable[int]) -> Iterator[list[int]]:
    """Keys in lists that fit into one statement."""
    left = iter(keys)
    while some := list(islice(left, KEYS_AT_ONCE)):
        yield some


def _lock_words() -> None:
    """One change of the words at a time."""
    WordsVersion.objects.bulk_create([WordsVersion(pk=1)], ignore_conflicts=True)
    WordsVersion.objects.select_for_update(no_key=True).get(pk=1)


def _words_changed() -> None:
    WordsVersion.objects.filter(pk=1).update(version=new_epoch())
    transaction.on_commit(words_look_again)
