"""The list of blocked words as a check."""

import pytest

from rooms.checks import Hold, Kind, Refuse, Replace, Subject
from rooms.checks.local import blocked_words
from rooms.services.words import words_add


@pytest.fixture(autouse=True)
def _words(transactional_db):
    words_add(["masked"], action="mask")
    words_add(["refused"], action="refuse")
    words_add(["held", "more"], action="hold")


@pytest.mark.parametrize("kind", [Kind.COMMENT, Kind.NOTICE])
@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("nothing", None),
        ("so ＭＡＳＫＥＤ", Replace("so ******")),
        ("masked and Refused", Refuse("refused", "holds a word that is blocked here")),
        ("he\u200bld", Hold("held", "he\u200bld")),
        ("Held, more, held", Hold("held, more", "Held, more, held")),
        ("masked more", Hold("more", "****** more")),
        ("held refused", Refuse("refused", "holds a word that is blocked here")),
    ],
)
def test_what_is_done_about_words(kind, text, verdict):
    """The strictest wins; what is held is masked too."""
    assert blocked_words(Subject(kind, text)) == verdict


@pytest.mark.parametrize("text", ["masked", "refused", "held"])
def test_a_nickname_holds_none(text):
    """Whatever is done about comments."""
    verdict = blocked_words(Subject(Kind.NICKNAME, f"Mr {text}"))
    assert verdict == Refuse(text, "holds a word that is blocked here")
