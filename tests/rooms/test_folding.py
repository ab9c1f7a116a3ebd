"""How text is folded, and of which characters each folded one is made."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.folding import _PLAIN, Folded, _fold_clusters, fold

SPICE = "aAéÉe\u0301ﬁßİＢａ㍿ﷺｶﾞガ가각ㄱㅏ\u1100\u1161\u11a8\u200b\u200d\ufeff\u00ad\ufe0f*＊ 　1①坏茶😀👨‍👩‍👧"
DRAWN = "  \t\u2800\u0336\u0338\u20d2\u20dd\u3099\u302a≠="
TEXT = st.text(st.one_of(st.sampled_from(SPICE + DRAWN), st.characters(codec="utf-8")), max_size=30)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("Bad WORD", "bad word"),
        ("ＢＡＤ　ｗｏｒｄ！", "bad word!"),
        ("坏茶，好", "坏茶,好"),
        ("b\u200ba\u200cd\ufeff\u00ad\u2060\ufe0f", "bad"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("ｶﾞ", "ガ"),
        ("\u1100\u1161\u11a8", "각"),
        ("ﬁ㍿①", "fi株式会社1"),
        ("👨‍👩‍👧", "👨👩👧"),
        ("\u3164\u115f", ""),
        ("b\u0336a\u0336d\u0336", "bad"),
        ("bad\u0338word", "badword"),
        ("ba\u20ddd", "bad"),
        ("坏\u20dd词", "坏词"),
        ("坏\u0301词\u302a", "坏词"),
        ("坏ﾞ词", "坏词"),
        ("坏\u2800词", "坏词"),
        ("1\ufe0f\u20e3", "1"),
        ("a≠b a=\u0338b", "a=b a=b"),
        ("\u1100\u0336\u1161", "가"),
        ("bad  word", "bad word"),
        ("bad \u2003\u200b\t\u3000word", "bad word"),
        ("bad \u0336 word", "bad word"),
        ("\u0336", ""),
    ],
)
def test_what_looks_alike_folds_alike(text, folded):
    """Case, width, ligatures, composed or not, and without what is not seen."""
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("aＢ", [(0, 1), (1, 2)]),
        ("a\u200bb", [(0, 1), (2, 3)]),
        ("ßx", [(0, 1), (0, 1), (1, 2)]),
        ("e\u0301x", [(0, 2), (2, 3)]),
        ("e\u200b\u0301x", [(0, 3), (3, 4)]),
        ("xｶﾞ", [(0, 1), (1, 3)]),
        ("b\u0336a", [(0, 2), (2, 3)]),
        ("坏\u20dd词", [(0, 2), (2, 3)]),
        ("a \u3000 b", [(0, 1), (1, 4), (4, 5)]),
    ],
)
def test_where_a_folded_character_comes_from(text, places):
    """One character, several, or the same one as its neighbour."""
    folded = fold(text)
    assert list(zip(folded.starts, folded.ends, strict=True)) == places


@given(TEXT)
def test_folding_keeps_places(text):
    """In order, inside the text, and of no more than what stands there: each place folds to what is in it."""
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert folded.starts == sorted(folded.starts)
    assert folded.ends == sorted(folded.ends)
    places = list(zip(folded.starts, folded.ends, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(char in fold(text[start:end]).text for char, (start, end) in zip(folded.text, places, strict=True))


@given(TEXT)
def test_folding_is_that_of_unicode(text):
    """What differs only by form folds alike; what is left has nothing unseen, and no two blanks together."""
    folded = fold(text).text
    assert fold(unicodedata.normalize("NFC", text)).text == fold(unicodedata.normalize("NFD", text)).text
    assert not any(part in folded for part in ("\u200b", "\u0336", "\u20dd", "\u2800", "\t", "  "))
    assert folded == "".join(char for char in folded if unicodedata.category(char) != "Cf")


DECORATION = st.text(st.sampled_from("\u0334\u0335\u0336\u0337\u0338\u20d2\u20dd\u20e3\u0488\u2800\u200b"), max_size=3)


@given(st.text(st.sampled_from("bad wordé坏词ガ가"), max_size=12), st.lists(DECORATION, min_size=13, max_size=13))
def test_what_is_drawn_over_a_text_changes_nothing(text, decorations):
    """Neither what it folds to, nor which characters are meant: each place holds the same one."""
    drawn = decorations[0] + "".join(char + over for char, over in zip(text, decorations[1:], strict=False))
    plain, folded = fold(text), fold(drawn)
    assert folded.text == plain.text
    for (start, end), (first, last) in zip(
        zip(plain.starts, plain.ends, strict=True), zip(folded.starts, folded.ends, strict=True), strict=True
    ):
        assert drawn[first] == text[start]
        assert [char for char in drawn[first:last] if char in text] == list(text[start:end])


@given(st.from_regex(_PLAIN, fullmatch=True))
def test_the_short_way_is_the_same(text):
    """For what most comments are made of."""
    assert fold(text) == _fold_clusters(text)


def test_every_plain_character_folds_as_unicode_says():
    """All of them, one by one."""
    plain = [chr(code) for code in range(0x10000) if _PLAIN.fullmatch(chr(code))]
    assert len(plain) > 20_000
    for char in plain:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
        assert fold(char) == Folded(folded, [0], [1])
