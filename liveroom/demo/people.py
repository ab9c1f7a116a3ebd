"""People, drawn: head and shoulders, 160 × 160."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from liveroom.demo.svg import Svg

SIZE: Final = 160


class Looks(NamedTuple):
    """Colours, and how the hair is worn: ``short``, ``bob``, ``long``, ``bun`` or ``curls``."""

    ground: tuple[str, str]
    skin: tuple[str, str]
    hair: tuple[str, str]
    clothes: tuple[str, str]
    style: str


LOOKS: Final = {
    "host": Looks(
        ("#fbe3d0", "#f0b99a"), ("#f9d7bd", "#eab896"), ("#5a3a30", "#3a231d"), ("#e9795d", "#c9523f"), "bun"
    ),
    "host-2": Looks(
        ("#dcefe9", "#9fcfc1"), ("#f3cba8", "#d9a27a"), ("#3b3a45", "#23222b"), ("#4d8577", "#2f6154"), "short"
    ),
    "viewer-1": Looks(
        ("#e5e4fa", "#b8b4ea"), ("#fadcc4", "#ecbd9c"), ("#2f2a36", "#1c1822"), ("#7a6fc4", "#5a4fa3"), "bob"
    ),
    "viewer-2": Looks(
        ("#dfeefa", "#a6cdec"), ("#fbe0cc", "#efc3a2"), ("#c08a4b", "#94642e"), ("#4f86b8", "#346694"), "short"
    ),
    "viewer-3": Looks(
        ("#fdeccb", "#f2c878"), ("#f5cfa9", "#dfa87a"), ("#33251f", "#1e1512"), ("#d99a32", "#b37718"), "long"
    ),
    "viewer-4": Looks(
        ("#f9dfe3", "#eaa6b1"), ("#a8714c", "#86532f"), ("#2a1d1a", "#150d0b"), ("#c8546a", "#a03b50"), "curls"
    ),
    "viewer-5": Looks(
        ("#e2f1d9", "#aed494"), ("#e8bb92", "#cb9467"), ("#6a6a70", "#4a4a50"), ("#6c9a52", "#4c7836"), "short"
    ),
    "viewer-6": Looks(
        ("#f1e4f5", "#d0aedd"), ("#fbdfcb", "#efc1a3"), ("#a64b32", "#7b3220"), ("#8d5aa3", "#6b3f80"), "bun"
    ),
}


def person(looks: Looks, *, ground: bool = True) -> Svg:
    """Somebody who looks so; without ``ground`` for a picture that has its own."""
    s = Svg(SIZE, SIZE)
    if ground:
        s.rect(0, 0, SIZE, SIZE, s.linear((0, looks.ground[0]), (1, looks.ground[1])))
    hair = s.linear((0, looks.hair[0]), (1, looks.hair[1]))
    _behind(s, looks, hair)
    s.path(
        "M14 166q2-44 44-50l44 0q42 6 44 50z",
        s.linear((0, looks.clothes[0]), (1, looks.clothes[1])),
    )
    s.path("M62 94h36v22q-18 22-36 0z", looks.skin[1])
    s.path("M58 116q22 26 44 0l7 2q-29 38-58 0z", looks.clothes[1], opacity=0.55)
    s.path(
        "M46 64q0-38 34-38t34 38q0 24-12 36-11 10-22 10t-22-10q-12-12-12-36z",
        s.radial((0, looks.skin[0]), (0.7, looks.skin[0]), (1, looks.skin[1]), cx=0.4, cy=0.4, r=0.7),
    )
    _face(s, looks)
    _before(s, looks, hair)
    return s


def _face(s: Svg, looks: Looks) -> None:
    line = looks.hair[1]
    s.line("M59 74q5-6 10 0M91 74q5-6 10 0", line, 2.6)
    s.line("M57 64q7-4 13-1M90 63q7-3 13 1", line, 2, opacity=0.55)
    s.line("M79 78q-3 6 2 7", looks.skin[1], 2.2)
    s.path("M70 91q10 3 20 0-3 9-10 9t-10-9z", "#b5483f")
    s.path("M73 92q7 2 14 0l-1 2q-6 2-12 0z", "#fff6ef")
    for x in (58, 102):
        s.circle(x, 84, 9, s.radial((0, "#ee7d6b", 0.5), (1, "#ee7d6b", 0)))


def _behind(s: Svg, looks: Looks, hair: str) -> None:
    match looks.style:
        case "bun":
            s.circle(80, 18, 17, hair)
            s.path("M42 70q-5-54 38-54t38 54q0 16-8 22-30 10-60 0-8-6-8-22z", hair)
        case "bob":
            s.path("M36 70q-4-56 44-56t44 56q0 34-10 42h-68q-10-8-10-42z", hair)
        case "long":
            s.path("M36 70q-4-56 44-56t44 56q-2 60 8 76h-104q10-16 8-76z", hair)
        case "curls":
            for x, y, r in (
                (46, 44, 20),
                (60, 26, 20),
                (80, 20, 21),
                (100, 26, 20),
                (114, 44, 20),
                (40, 66, 17),
                (120, 66, 17),
                (42, 86, 13),
                (118, 86, 13),
            ):
                s.circle(x, y, r, hair)


def _before(s: Svg, looks: Looks, hair: str) -> None:
    match looks.style:
        case "short":
            s.path("M43 66q-8-48 37-48 47 0 37 48-4-18-14-26-22 8-46 2-10 8-14 24z", hair)
        case "bun":
            s.path("M44 66q-2-42 36-42t36 42q-6-22-22-30-20 18-50 30z", hair)
        case "bob":
            s.path("M42 74q-4-52 38-52t38 52q-4-18-8-28-34 4-60-2-6 12-8 30z", hair)
        case "long":
            s.path("M42 76q-4-54 38-54t38 54q-6-24-34-38-10 24-42 38z", hair)
        case "curls":
            for x, y, r in ((54, 42, 13), (70, 34, 13), (88, 34, 13), (104, 42, 13)):
                s.circle(x, y, r, hair)


PEOPLE: Final[dict[str, Callable[[], Svg]]] = {name: partial(person, looks) for name, looks in LOOKS.items()}
