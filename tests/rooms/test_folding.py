"""How text is folded, and of which characters each folded one is made."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.folding import _PLAIN, Folded, _fold_clusters, fold

SPICE = "aAéÉe\u0301ﬁßİＢａ㍿ﷺｶﾞガ가각ㄱㅏ\u1100\u1161\u11a8\u200b\u200d\ufeff\u00ad\ufe0f*＊ 　1①坏茶😀👨‍👩‍👧"
TEXT = st.text(st.one_of(st.sampled_from(SPICE), st.characters(codec="utf-8")), max_size=30)


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
    ],
)
def test_where_a_folded_character_comes_from(text, places):
    """One character, several, or the same one as its neighbour."""
    folded = fold(text)
    assert list(zip(folded.starts, folded.ends, strict=True)) == places


@given(TEXT)
def test_folding_keeps_places(text):
    """In order, inside the text; every character of it that is seen is in some place."""
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert folded.starts == sorted(folded.starts)
    assert folded.ends == sorted(folded.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.starts, folded.ends, strict=True))


@given(TEXT)
def test_folding_is_that_of_unicode(text):
    """What is left, is in the form NFKC_Casefold; what differs only by form folds alike."""
    folded = fold(text).text
    assert fold(unicodedata.normalize("NFC", text)).text == fold(unicodedata.normalize("NFD", text)).text
    assert "\u200b" not in folded
    assert folded == "".join(char for char in folded if unicodedata.category(char) != "Cf")


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
