"""The covers of the rooms, drawn: 720 × 1280.

What matters is between a fifth and a half of the height: above it a page has its head, below it the comments run.
"""

import math
from collections.abc import Callable
from typing import Final

from liveroom.demo.goods import GOODS
from liveroom.demo.people import LOOKS, person
from liveroom.demo.svg import Svg

WIDTH: Final = 720
HEIGHT: Final = 1280


def evening() -> Svg:
    """A host behind a table, in the evening, with a shelf behind her."""
    s = Svg(WIDTH, HEIGHT)
    s.rect(0, 0, WIDTH, HEIGHT, s.linear((0, "#5b3a4a"), (0.45, "#8a5256"), (0.75, "#a9665a"), (1, "#6a3b3c")))
    s.circle(360, 400, 620, s.radial((0, "#ffcf94", 0.75), (0.55, "#f2a06f", 0.25), (1, "#f2a06f", 0)))
    _window(s)
    _shelf(s, 430, 270, ("tea", "vase"))
    _shelf(s, 430, 446, ("honey", "oil"))
    _lamp(s, 330, 116)
    s.inside(person(LOOKS["host"], ground=False), 96, 322, 2.65)
    _table(s, 746, ("#d79a6a", "#9a5f3e"))
    for name, x, y, size in (("mug", 64, 628, 170), ("candle", 390, 606, 186), ("teapot", 496, 616, 186)):
        _thing(s, name, x, y, size)
    s.rect(0, 780, WIDTH, 500, s.linear((0, "#3a2025", 0), (1, "#2b161c", 0.75)))
    return s


def _window(s: Svg) -> None:
    s.path("M58 400v-200q0-124 124-124t124 124v200z", "#f4d9c0", opacity=0.9)
    s.path(
        "M74 386v-186q0-108 108-108t108 108v186z",
        s.linear((0, "#2d3563"), (0.5, "#7a5a86"), (0.8, "#e08a6f"), (1, "#f7c07c")),
    )
    s.circle(224, 168, 22, "#fff3d1", opacity=0.95)
    s.circle(233, 161, 19, "#4b4373")
    for x, y, r in ((112, 158, 2.2), (150, 126, 1.8), (132, 218, 1.6), (256, 230, 2), (182, 198, 1.6), (204, 124, 1.6)):
        s.circle(x, y, r, "#ffffff", opacity=0.85)
    s.path("M74 352q40-36 84-14 44-40 132 6v42h-216z", "#3d3157", opacity=0.9)
    s.line("M182 92v294M74 256h216", "#f4d9c0", 8)
    s.rect(46, 394, 272, 18, s.linear((0, "#fbe8d4"), (1, "#d9ae8b")), r=6)


def _shelf(s: Svg, x: float, y: float, things: tuple[str, ...]) -> None:
    for number, name in enumerate(things):
        _thing(s, name, x - 8 + number * 108, y - 124, 128)
    s.rect(x - 16, y, 252, 14, s.linear((0, "#d9a273"), (1, "#94603f")), r=5)
    s.rect(x - 16, y + 14, 252, 20, s.linear((0, "#3a2025", 0.35), (1, "#3a2025", 0)))


def _lamp(s: Svg, x: float, y: float) -> None:
    s.line(f"M{x} 0v{y - 62}", "#3a2530", 5)
    s.circle(x, y + 6, 240, s.radial((0, "#ffedc2", 0.7), (0.4, "#ffd38c", 0.22), (1, "#ffd38c", 0)))
    s.path(f"M{x - 74} {y}q8-66 74-66t74 66q-74 20-148 0z", s.linear((0, "#f6b26b"), (1, "#ffe4b0")))
    s.ellipse(x, y + 2, 73, 11, "#fff5d9")


def _table(s: Svg, y: float, colours: tuple[str, str]) -> None:
    s.rect(0, y, WIDTH, HEIGHT - y, s.linear((0, colours[0]), (1, colours[1])))
    s.rect(0, y, WIDTH, 8, "#ffffff", opacity=0.22)
    for step in range(5):
        top = y + 56 + step * 72
        s.line(f"M0 {top:.0f}q180 {14 - step * 5} 360 0t360 0", "#3a2025", 2, opacity=0.16)


def _thing(s: Svg, name: str, x: float, y: float, size: float) -> None:
    """One of the products without its ground, standing in a room."""
    s.inside(GOODS[name]().without_ground(), x, y, size / 400)


def morning() -> Svg:
    """A breakfast table before a round window, on a bright morning."""
    s = Svg(WIDTH, HEIGHT)
    s.rect(0, 0, WIDTH, HEIGHT, s.linear((0, "#f7efe3"), (0.55, "#f3dfc8"), (1, "#d9b48f")))
    s.circle(360, 310, 292, "#fffaf1")
    s.circle(360, 310, 270, s.linear((0, "#a9d6e8"), (0.6, "#e2f0e6"), (1, "#fdf0cf")))
    s.circle(440, 250, 190, s.radial((0, "#fff6cf"), (0.3, "#ffedb0", 0.7), (1, "#ffedb0", 0)))
    s.circle(440, 250, 52, s.radial((0, "#fffdf0"), (1, "#ffe08a")))
    for colour, height, wave in (("#b9d7b4", 362, 46), ("#93bd93", 416, 34), ("#6f9f7a", 470, 22)):
        half = math.sqrt(270**2 - (height - 310) ** 2)
        left, low = f"{360 - half:.1f}", f"{wave / 3:.0f}"
        hills = f"q{half / 2:.1f} -{wave * 2} {half:.1f} -{low}t{half:.1f} {low}"
        s.path(f"M{left} {height}{hills}A270 270 0 0 1 {left} {height}z", colour)
    s.line("M360 40v540M90 310h540", "#fffaf1", 10)
    s.circle(360, 310, 270, "none", stroke="#e3c9a8", stroke_width=6)
    _plant(s, 588, 590)
    _table(s, 676, ("#f0d3ad", "#c99a6b"))
    for name, x, y, size in (
        ("teapot", 62, 488, 280),
        ("board", 286, 494, 300),
        ("mug", 476, 540, 190),
        ("honey", 238, 592, 170),
    ):
        _thing(s, name, x, y, size)
    s.rect(0, 740, WIDTH, 540, s.linear((0, "#5d3f25", 0), (1, "#4a2f1a", 0.66)))
    return s


def _plant(s: Svg, x: float, y: float) -> None:
    leaf = s.linear((0, "#9fc58f"), (1, "#5c8f5f"))
    for turn, length in ((-62, 150), (-38, 190), (-14, 210), (12, 200), (36, 170), (60, 120)):
        s.path(
            f"M{x} {y}q-34-{length * 0.55:.0f} 0-{length}q34 {length * 0.45:.0f} 0 {length}z",
            leaf,
            transform=f"rotate({turn} {x} {y})",
        )
    s.path(f"M{x - 52} {y - 4}h104l-12 92q-40 12-80 0z", s.round("#b3684a", "#e29a75"))


SCENES: Final[dict[str, Callable[[], Svg]]] = {"room-evening": evening, "room-morning": morning}
