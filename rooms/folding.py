"""Text as blocked words are looked for in it: without case, width, what cannot be seen, and what is only drawn over it.

Pure: imports no Django.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# Shown as nothing, though they count as marks, letters or symbols: joiners, fillers, selectors, blank Braille.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)

# What most comments are made of folds one by one: ASCII and its wide forms, Chinese.
_PLAIN = re.compile(r"[ -~\u3001-\u3003\u4e00-\u9fff\uff01-\uff5e]*")
_OVERLAY = 1
"""The combining class of strokes through a character."""
_HAN = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}


class Folded(NamedTuple):
    """A folded text. Its character at ``i`` is of the original's characters from ``starts[i]`` up to ``ends[i]``."""

    text: str
    starts: list[int]
    ends: list[int]


def fold(text: str) -> Folded:
    """Fold a text by NFKC and casefold, without zero-width characters, and any number of blanks as one space.

    Strokes through a character, frames around it, and any mark on a Chinese one are left out: no word is written with
    them. What Unicode makes one character of is folded together: a letter and its accents, half a kana and its sound
    mark. So a word is found only where it stands, not in the first half of another character.
    """
    if _PLAIN.fullmatch(text) and "  " not in text:
        count = len(text)
        return Folded(text.translate(_NARROW).lower(), list(range(count)), list(range(1, count + 1)))
    return _fold_clusters(text)


def _fold_clusters(text: str) -> Folded:
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster, start, end in _clusters(text):
        for char in _fold_cluster(cluster):
            if char == " " and parts[-1:] == [" "]:
                ends[-1] = end
            else:
                parts.append(char)
                starts.append(start)
                ends.append(end)
    return Folded("".join(parts), starts, ends)


def _clusters(text: str) -> list[tuple[str, int, int]]:
    """The text's characters that are seen, in groups that change each other, with the place of each group."""
    found: list[tuple[str, int, int]] = []
    for index, char in enumerate(text):
        if unicodedata.category(char) == "Cf" or char in _UNSEEN:
            continue
        joined = _joined(found[-1][0], char) if found and not char.isascii() else None
        if joined is not None:
            found[-1] = (joined, found[-1][1], index + 1)
        else:
            found.append((char, index, index + 1))
    return found


def _joined(cluster: str, char: str) -> str | None:
    """The cluster with a character that changes it or is only drawn over it; None where that begins its own."""
    if unicodedata.combining(char) or unicodedata.category(char) == "Me":
        return cluster + char
    alone, both = _bare(cluster), _bare(cluster + char)
    if both == alone + _bare(char):
        return None
    # What leaves no trace is not kept: many of them would be looked at again for each that follows.
    return cluster if both == alone else cluster + char


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@lru_cache(4096)
def _bare(text: str) -> str:
    """NFKC without strokes, frames, and marks on Chinese characters."""
    kept = ""
    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        drawn_over = category == "Me" or unicodedata.combining(char) == _OVERLAY
        if not drawn_over and not (category[0] == "M" and _HAN.match(kept[-1:])):
            kept += char
    return _nfkc(kept)


def _fold_cluster(cluster: str) -> str:
    folded = _nfkc(_bare(cluster).casefold())
    return "".join(
        " " if char.isspace() else char for char in folded if unicodedata.category(char) != "Cf" and char not in _UNSEEN
    )
