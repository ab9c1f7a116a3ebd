"""The checks that judge from memory."""

from rooms.checks import Hold, Kind, Refuse, Replace, Subject, Verdict
from rooms.services.words import Action, words_current

BLOCKED = "holds a word that is blocked here"


def blocked_words(subject: Subject) -> Verdict:
    """What the list of blocked words says; a nickname may hold none, whatever is done about comments with it."""
    words = words_current()
    found = words.matches(subject.text)
    if not found:
        return None
    for match in found:
        if match.action == Action.REFUSE or subject.kind is Kind.NICKNAME:
            return Refuse(match.word, BLOCKED)
    masked = words.masked(subject.text, found)
    held = [match.word for match in found if match.action == Action.HOLD]
    return Hold(", ".join(dict.fromkeys(held)), masked) if held else Replace(masked)
