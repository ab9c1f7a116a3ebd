"""What a crowd says."""

from random import Random

import pytest

from liveroom.crowd.texts import WORDS, Talk
from liveroom.demo.content import EVENING, GOODS

LANGUAGES = tuple(WORDS)


def titles(language: str) -> list[str]:
    return [GOODS[name].title[language] for name in EVENING.goods]


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_things_are_said(language: str) -> None:
    """Hundreds of different ones, each short enough for a room, none with a hole in it."""
    talk = Talk(language, Random(1))
    said = {talk.comment(titles(language)) for _ in range(2000)}
    assert len(said) > 500
    for text in said:
        assert text == text.strip()
        assert 3 <= len(text) <= 120
        assert not set("{}\n") & set(text)
        assert text[0] == text[0].upper()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_on_the_shelf_is_talked_of(language: str) -> None:
    """By a short name; without a shelf of nothing that is on it."""
    talk = Talk(language, Random(1))
    names = {"en": "oil", "zh": "冷榨橄榄油"}
    assert any(names[language] in talk.comment(titles(language)) for _ in range(500))
    assert not any(names[language] in talk.comment([]) for _ in range(500))


def test_a_product_in_the_middle_of_a_sentence() -> None:
    """In small letters, but for a name in capitals; Chinese as it is."""
    english, chinese = Talk("en", Random(1)), Talk("zh", Random(1))
    assert english._short("Linen throw, 130 × 170 cm") == "linen throw"
    assert english._short("USB lamp, small") == "USB lamp"
    assert chinese._short("亚麻盖毯 130×170 厘米") == "亚麻盖毯"


@pytest.mark.parametrize("language", LANGUAGES)
def test_names(language: str) -> None:
    """A hundred different ones at least, none longer than the server takes."""
    talk = Talk(language, Random(1))
    names = {talk.nickname() for _ in range(2000)}
    assert len(names) > 100
    assert max(map(len, names)) <= 32


def test_the_same_seed_says_the_same() -> None:
    """A crowd can be had again."""
    first, second = Talk("en", Random(7)), Talk("en", Random(7))
    assert [first.comment(["Tea"]) for _ in range(20)] == [second.comment(["Tea"]) for _ in range(20)]
