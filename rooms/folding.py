"""Text as blocked words are looked for in it: without case, width, and what cannot be seen. Pure: imports no Django."""

import re
import unicodedata
from typing import NamedTuple

# Shown as nothing, though they count as marks or letters: joiners, fillers, variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)

# What most comments are made of folds one by one: ASCII and its wide forms, Chinese.
_PLAIN = re.compile(r"[ -~\u3001-\u3003\u4e00-\u9fff\uff01-\uff5e]*")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}


class Folded(NamedTuple):
    """A folded text. Its character at ``i`` is of the original's characters from ``starts[i]`` up to ``ends[i]``."""

    text: str
    starts: list[int]
    ends: list[int]


def fold(text: str) -> Folded:
    """Fold a text by NFKC and casefold, without zero-width characters.

    What Unicode makes one character of is folded together: a letter and its accents, half a kana and its sound mark. So
    a word is found only where it stands, not in the first half of another character.
    """
    if _PLAIN.fullmatch(text):
        count = len(text)
        return Folded(text.translate(_NARROW).lower(), list(range(count)), list(range(1, count + 1)))
    return _fold_clusters(text)


def _fold_clusters(text: str) -> Folded:
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster, start, end in _clusters(text):
        part = _fold_cluster(cluster)
        parts.append(part)
        starts += [start] * len(part)
        ends += [end] * len(part)
    return Folded("".join(parts), starts, ends)


def _clusters(text: str) -> list[tuple[str, int, int]]:
    """The text's characters that are seen, in groups that change each other, with the place of each group."""
    found: list[tuple[str, int, int]] = []
    for index, char in enumerate(text):
        if unicodedata.category(char) == "Cf" or char in _UNSEEN:
            continue
        if found and not char.isascii() and _joins(found[-1][0], char):
            cluster, start, _ = found.pop()
            found.append((cluster + char, start, index + 1))
        else:
            found.append((char, index, index + 1))
    return found


def _joins(cluster: str, char: str) -> bool:
    return bool(unicodedata.combining(char)) or _nfkc(cluster + char) != _nfkc(cluster) + _nfkc(char)


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _fold_cluster(cluster: str) -> str:
    folded = _nfkc(_nfkc(cluster).casefold())
    return "".join(char for char in folded if unicodedata.category(char) != "Cf" and char not in _UNSEEN)
