"""The products, drawn: 400 × 400, each on a ground of its own colour."""

from collections.abc import Callable
from typing import Final

from liveroom.demo.svg import Svg

SIZE: Final = 400


def tea() -> Svg:
    """A tin of green tea."""
    s = Svg(SIZE, SIZE)
    s.ground("#e6efdf", "#c3d4b8")
    s.shadow(206, 338, 140, 22)
    tin = s.round("#3d6a48", "#6f9f72")
    s.path("M116 150h168v164q0 14-14 18-70 14-140 0-14-4-14-18z", tin)
    s.path("M116 150q84 22 168 0v12q-84 22-168 0z", "#2f553a", opacity=0.35)
    s.path("M108 112q0-14 14-17 78-14 156 0 14 3 14 17v38q-92 22-184 0z", s.round("#34593d", "#5f8d66"))
    s.ellipse(200, 103, 84, 11, s.linear((0, "#7fae84"), (1, "#4f7d58")))
    s.path("M116 200q84 20 168 0v88q-84 20-168 0z", s.round("#e4dcc6", "#fffaf0"))
    s.line("M200 290v-52", "#5b7d4a", 3)
    s.path("M200 268c-34-6-48-26-46-50 30 4 48 20 46 50z", s.linear((0, "#8fb877"), (1, "#5f8d52")))
    s.path("M200 258c34-6 46-24 44-46-28 2-46 18-44 46z", s.linear((0, "#a9cc8d"), (1, "#76a263")))
    s.path("M200 240c-10-14-8-28 0-38 8 10 10 24 0 38z", "#86b070")
    s.rect(130, 170, 10, 140, "#ffffff", r=5, opacity=0.14)
    return s


def mug() -> Svg:
    """A hand-thrown mug."""
    s = Svg(SIZE, SIZE)
    s.ground("#f3e3d3", "#dcbfa4")
    s.shadow(205, 322, 150, 22)
    s.path("M276 172q72-8 72 52t-80 60l4-26q50-6 50-36 0-28-48-24z", s.linear((0, "#6c8aa0"), (1, "#3f5a70")))
    s.path("M100 132h184l-8 152q-2 34-40 38-44 5-88 0-38-4-40-38z", s.round("#4c687e", "#93adbd"))
    s.path("M100 132h184l-3 62q-20 18-44 6-22-12-46 4-26 16-50-2-22-14-38 2z", s.round("#dcd3c2", "#fffaf1"))
    s.ellipse(192, 132, 92, 22, s.linear((0, "#cfc4b0"), (1, "#f4ecdd")))
    s.ellipse(192, 136, 80, 16, s.linear((0, "#3a2417"), (1, "#6d4526")))
    s.ellipse(176, 133, 40, 6, "#a87a4b", opacity=0.5)
    for x, bend in ((166, 14), (196, -14), (222, 12)):
        s.line(f"M{x} 104q{bend}-18 0-36t0-34", "#ffffff", 6, opacity=0.55)
    s.rect(122, 178, 10, 110, "#ffffff", r=5, opacity=0.25)
    for x, y in ((150, 250), (232, 226), (210, 280), (172, 292), (250, 266), (140, 214)):
        s.circle(x, y, 2.2, "#2f4557", opacity=0.5)
    return s


def throw() -> Svg:
    """A linen throw, folded, with its fringe hanging down."""
    s = Svg(SIZE, SIZE)
    s.ground("#f4e6df", "#e0c3b6")
    s.shadow(204, 338, 164, 22)
    for top, dark, light in ((252, "#b3614f", "#d99380"), (186, "#bd6c5a", "#e2a08d")):
        s.path(f"M66 {top + 36}q0-36 36-36h196q36 0 36 36t-36 38h-196q-36 0-36-38z", s.linear((0, light), (1, dark)))
        s.line(f"M84 {top + 40}q4 18 24 20h190", "#7f3c30", 2.5, opacity=0.3)
        s.line(f"M92 {top + 18}h210", "#ffe9e0", 2.5, opacity=0.35)
    cloth = s.linear((0, "#f8d3c4"), (0.5, "#eab09d"), (1, "#cd8370"))
    s.path("M62 170q0-54 54-54h172q54 0 54 54v18q-20 6-36-6v-4h-14v98q-84 14-170 2v-92h-24q-18 12-36 2z", cloth)
    for x in range(136, 290, 22):
        s.line(f"M{x} 122v148", "#fff3ec", 3, opacity=0.32)
    for y in (142, 168, 194, 220, 246):
        s.line(f"M124 {y}q80 8 166 0", "#a4584a", 2, opacity=0.28)
    for x in range(126, 292, 9):
        s.line(f"M{x} {272 if x % 2 else 274}q{3 if x % 2 else -3} 14 0 26", "#eebdac", 3.6)
    s.line("M124 270q82 10 168-2", "#b8705f", 4, opacity=0.5)
    return s


def candle() -> Svg:
    """A burning candle in a glass."""
    s = Svg(SIZE, SIZE)
    s.ground("#5a4661", "#372a45", "#ffcf8f")
    s.circle(200, 128, 150, s.radial((0, "#ffdf9e", 0.75), (0.4, "#ffb765", 0.25), (1, "#ffb765", 0)))
    s.shadow(204, 338, 136, 20, 0.5)
    s.path("M118 172h164v128q0 34-82 36-82-2-82-36z", s.linear((0, "#fbe3c4", 0.5), (1, "#fff6e6", 0.28)))
    s.path("M128 204q72 16 144 0v92q0 28-72 30-72-2-72-30z", s.round("#d9a878", "#fff0d6"))
    s.ellipse(200, 204, 72, 13, s.radial((0, "#fffbe9"), (0.6, "#ffe7b8"), (1, "#ecc187")))
    s.line("M200 202v-26", "#4b3325", 4)
    s.path(
        "M200 84c26 34 34 56 34 70 0 20-15 32-34 32s-34-12-34-32c0-14 8-36 34-70z",
        s.radial((0, "#fffbe0"), (0.45, "#ffd873"), (1, "#ff9d3d", 0.85), cy=0.72),
    )
    s.path("M200 136c11 14 14 22 14 30a14 14 0 0 1-28 0c0-8 3-16 14-30z", "#fffdf0", opacity=0.9)
    s.path("M152 250h96v48q-48 8-96 0z", "#fffaf0", opacity=0.92)
    s.line("M172 268h56M182 284h36", "#8b6a55", 4)
    s.ellipse(200, 172, 82, 13, "none", stroke="#fff1da", stroke_width=4, opacity=0.75)
    s.rect(132, 190, 9, 110, "#ffffff", r=5, opacity=0.5)
    return s


def board() -> Svg:
    """A cutting board with bread."""
    s = Svg(SIZE, SIZE)
    s.ground("#eceade", "#cdc9b2")
    s.shadow(204, 306, 170, 34)
    s.path(
        "M80 150q4-34 40-34h150q34 0 38 30l34 4q16 4 14 18t-18 14l-30 2 10 92q2 34-34 36h-180q-38 0-36-36z",
        s.linear((0, "#b07a4c"), (0.5, "#8f5d36"), (1, "#754726"), along=(0, 0, 1, 1)),
    )
    s.circle(338, 168, 7, "#d8d3bd")
    for y, bend in ((150, 8), (176, -8), (206, 10), (236, -6), (266, 8), (292, -6)):
        s.line(f"M92 {y}q50 {bend} 104 0t104 0", "#5f3a1e", 2.4, opacity=0.35)
    s.shadow(196, 262, 96, 20, 0.5)
    s.path(
        "M110 222q-6-56 44-66 46-10 92 2 44 12 40 62-2 34-34 40-56 8-108 0-32-6-34-38z",
        s.linear((0, "#e9b06a"), (0.55, "#c9833f"), (1, "#9a5a27")),
    )
    for x in (146, 180, 214, 248):
        s.path(f"M{x - 16} 184q16-26 30-14 4 20-14 50-20-10-16-36z", "#f7dcae", opacity=0.85)
    s.line("M128 190q28-30 74-30", "#fff1d2", 5, opacity=0.5)
    return s


def oil() -> Svg:
    """A bottle of olive oil."""
    s = Svg(SIZE, SIZE)
    s.ground("#f4efcf", "#dcd49c")
    s.shadow(206, 352, 110, 18)
    glass = s.round("#5c6a1f", "#c3c85a", at=0.3)
    s.path("M178 66h44v62q2 26 26 46 20 18 20 48v108q0 22-68 24-68-2-68-24v-108q0-30 20-48 24-20 26-46z", glass)
    s.path("M140 210q60 14 120 0v110q0 16-60 18-60-2-60-18z", s.round("#8f9a2b", "#e6e07a", at=0.3), opacity=0.6)
    s.path("M176 40h48q6 0 6 6v26q-30 8-60 0v-26q0-6 6-6z", s.round("#3c2e22", "#7c6450"))
    s.path("M134 222q66 14 132 0v86q-66 14-132 0z", s.round("#e7e0c8", "#fffdf3"))
    s.line("M170 286q34-14 58-46", "#6c7a35", 3)
    for x, y, turn in ((180, 274, 40), (198, 262, 20), (214, 246, 10)):
        s.ellipse(x, y, 5, 15, "#8fa04a", transform=f"rotate({turn} {x} {y})")
        s.ellipse(x + 12, y + 10, 5, 14, "#74863a", transform=f"rotate({turn + 70} {x + 12} {y + 10})")
    s.ellipse(222, 272, 9, 11, s.radial((0, "#8a9a3f"), (1, "#4d5a1d"), cx=0.35, cy=0.3))
    s.rect(150, 196, 8, 130, "#ffffff", r=4, opacity=0.4)
    s.rect(186, 78, 6, 54, "#ffffff", r=3, opacity=0.4)
    return s


def scarf() -> Svg:
    """A scarf of blue wool, laid in a loop."""
    s = Svg(SIZE, SIZE)
    s.ground("#e3e9f3", "#bccadf")
    s.shadow(200, 344, 150, 22)
    for left, tip in ((140, -14), (206, 16)):
        wool = s.linear((0, "#5478b4"), (1, "#7f9fd3"))
        s.path(f"M{left} 206h58l{tip + 5} 116q-34 10-68 2z", wool)
        for step in range(1, 5):
            s.line(f"M{left + tip * step / 5:.1f} {204 + 24 * step}q28 8 60 0", "#e9f0fc", 4, opacity=0.4)
        for x in range(4, 66, 8):
            s.line(f"M{left + tip * 0.8 + x:.1f} 320q{tip / 5:.1f} 12 0 22", "#86a6d8", 4)
    s.ellipse(200, 160, 118, 82, s.linear((0, "#4a6ca6"), (0.4, "#7596cd"), (0.75, "#9db9e4"), (1, "#5b7fba")))
    for reach in (16, 32, 48):
        s.ellipse(
            200, 158 - reach / 4, 118 - reach, 82 - reach * 0.8, "none", stroke="#e9f0fc", stroke_width=3, opacity=0.32
        )
    for step in range(13):
        angle = (step + 1) * 180 / 14
        s.line("M196 214l5 9 5-9", "#2f4f86", 2.6, opacity=0.28, transform=f"rotate({angle - 90:.1f} 200 128)")
    s.ellipse(200, 142, 62, 34, s.linear((0, "#22395f"), (1, "#36568f")))
    s.path("M138 142q8-36 62-36t62 36q-22-22-62-22t-62 22z", "#1c3052", opacity=0.5)
    return s


def honey() -> Svg:
    """A jar of honey."""
    s = Svg(SIZE, SIZE)
    s.ground("#fdf0cc", "#f0cf86")
    s.shadow(204, 340, 136, 20)
    s.path(
        "M118 142q-22 16-22 48v104q0 34 32 38 72 10 144 0 32-4 32-38v-104q0-32-22-48z",
        s.linear((0, "#d98a12"), (0.3, "#ffc548"), (0.62, "#f0a321"), (1, "#b86a08"), along=(0, 0, 1, 0)),
    )
    s.path("M118 142q82 20 164 0 22 16 22 34-104 26-208 0 0-20 22-34z", "#fff3c4", opacity=0.4)
    s.path("M108 92q0-10 10-12 82-12 164 0 10 2 10 12v44q-92 20-184 0z", s.round("#b9873c", "#f3d48e"))
    s.ellipse(200, 86, 88, 11, s.linear((0, "#f9e3ae"), (1, "#d9b064")))
    for x in range(118, 290, 14):
        s.line(f"M{x} 102v34", "#8f6526", 2, opacity=0.3)
    s.path("M200 184l62 34v66l-62 34-62-34v-66z", "#fffaf0", opacity=0.95)
    s.path("M200 196l50 28v54l-50 28-50-28v-54z", "none", stroke="#e2b65a", stroke_width=3)
    s.ellipse(200, 256, 24, 16, s.linear((0, "#f7c34b"), (1, "#d9920f")))
    s.line("M192 241v30M206 241v30", "#4a3212", 5)
    s.ellipse(186, 234, 16, 9, "#cfe3ee", opacity=0.9, transform="rotate(-28 186 234)")
    s.ellipse(214, 234, 16, 9, "#cfe3ee", opacity=0.9, transform="rotate(28 214 234)")
    s.rect(112, 190, 10, 110, "#ffffff", r=5, opacity=0.5)
    return s


def lamp() -> Svg:
    """A table lamp of paper."""
    s = Svg(SIZE, SIZE)
    s.ground("#3f4a5c", "#2a3140", "#ffdca3")
    s.circle(200, 168, 190, s.radial((0, "#ffe2ab", 0.7), (0.5, "#ffc97a", 0.18), (1, "#ffc97a", 0)))
    s.shadow(200, 350, 110, 18, 0.5)
    s.ellipse(200, 340, 62, 13, s.linear((0, "#c99c6b"), (1, "#8a6238")))
    s.rect(194, 246, 12, 92, s.round("#8a6238", "#dcb384"), r=5)
    s.path(
        "M144 70q56-12 112 0 20 4 26 26l26 126q4 22-18 26-90 14-180 0-22-4-18-26l26-126q6-22 26-26z",
        s.radial((0, "#fffbea"), (0.5, "#ffe9bd"), (1, "#f2c784"), cy=0.62, r=0.62),
    )
    for x in (-78, -52, -26, 0, 26, 52, 78):
        s.line(f"M{200 + x * 0.62:.0f} 70q{x * 0.34:.0f} 86 {x * 0.38:.0f} 184", "#c98f45", 2, opacity=0.3)
    for y, half in ((108, 80), (150, 90), (192, 99)):
        s.line(f"M{200 - half} {y}q{half} 12 {2 * half} 0", "#c98f45", 2, opacity=0.25)
    return s


def vase() -> Svg:
    """A vase with a branch."""
    s = Svg(SIZE, SIZE)
    s.ground("#f6ebe8", "#e0cbc8")
    s.shadow(202, 352, 112, 18)
    for d in ("M200 196q-14-70-70-134", "M202 196q18-74 66-120", "M200 190q2-60-10-140"):
        s.line(d, "#7c6152", 4)
    leaves = (
        (130, 62, -40),
        (146, 84, -70),
        (160, 112, 20),
        (176, 138, -60),
        (190, 50, 0),
        (184, 88, 40),
        (200, 112, -30),
        (268, 76, 50),
        (250, 94, 80),
        (238, 124, 10),
        (222, 142, 70),
        (206, 150, -20),
    )
    leaf = s.linear((0, "#a8c4a2"), (1, "#6d936f"))
    for x, y, turn in leaves:
        s.ellipse(x, y, 11, 23, leaf, transform=f"rotate({turn} {x} {y})")
        s.line(f"M{x} {y + 18}v-36", "#527a57", 1.2, opacity=0.6, transform=f"rotate({turn} {x} {y})")
    s.path(
        "M172 186h56q4 28 34 54 32 30 32 58 0 44-94 52-94-8-94-52 0-28 32-58 30-26 34-54z",
        s.round("#b98f86", "#f3ded6", at=0.32),
    )
    s.ellipse(200, 187, 29, 7, "#8e665d")
    s.path("M112 276q88 30 176 0", "none", stroke="#a5776c", stroke_width=3, opacity=0.5)
    s.path("M108 292q92 32 184 0", "none", stroke="#a5776c", stroke_width=3, opacity=0.35)
    s.ellipse(156, 276, 10, 34, "#ffffff", opacity=0.35, transform="rotate(24 156 276)")
    return s


def teapot() -> Svg:
    """A teapot."""
    s = Svg(SIZE, SIZE)
    s.ground("#e0eeee", "#b5d0d1")
    s.shadow(200, 326, 160, 22)
    s.line("M144 142q56-112 120 0", "#8a6238", 12)
    s.line("M148 138q54-96 108-4", "#c99c6b", 4)
    clay = s.radial((0, "#7fb5b4"), (0.55, "#468182"), (1, "#2d5b5e"), cx=0.36, cy=0.28, r=0.8)
    s.path("M284 214q34-4 48-50 4-12 18-12l14 2q-2 12-10 18-20 72-66 92z", s.linear((0, "#5d9695"), (1, "#2f5f62")))
    s.path("M92 232q0-88 106-92 108 4 108 92 0 56-52 76-56 16-112 0-50-20-50-76z", clay)
    s.path("M140 148q60-26 118 0-8 16-58 18-52-2-60-18z", s.linear((0, "#86bab8"), (1, "#4a8586")))
    s.circle(199, 128, 13, s.radial((0, "#a5d0ce"), (1, "#3d7476"), cx=0.35, cy=0.3))
    s.ellipse(150, 204, 15, 34, "#ffffff", opacity=0.28, transform="rotate(22 150 204)")
    s.path("M98 252q100 30 202 0", "none", stroke="#cfe8e6", stroke_width=3, opacity=0.4)
    s.path("M104 270q96 28 190 0", "none", stroke="#cfe8e6", stroke_width=2, opacity=0.3)
    return s


def notebook() -> Svg:
    """A notebook with a pencil."""
    s = Svg(SIZE, SIZE)
    s.ground("#ece8f4", "#cbc2df")
    s.shadow(208, 338, 150, 24)
    turn = "rotate(-7 200 206)"
    s.rect(112, 82, 190, 250, "#f6f1e6", r=10, transform="rotate(-4 200 206)")
    for shift in (0, 4, 8):
        s.rect(
            108 + shift,
            80 + shift,
            190,
            248,
            "#fffdf6" if shift % 8 else "#e6deca",
            r=10,
            transform="rotate(-5 200 206)",
        )
    s.rect(98, 72, 194, 250, s.linear((0, "#7a68a6"), (1, "#54457d"), along=(0, 0, 1, 1)), r=12, transform=turn)
    s.rect(98, 72, 30, 250, "#3f3362", r=12, opacity=0.55, transform=turn)
    s.rect(152, 120, 110, 64, "#fffaf0", r=6, opacity=0.95, transform=turn)
    s.line("M168 142h78M168 160h52", "#8a7bb0", 4, transform=turn)
    s.rect(266, 72, 10, 250, "#e0a64b", opacity=0.95, transform=turn)
    s.path("M180 236c-14-18 6-32 18-16 12-16 32-2 18 16l-18 20z", "#e7b7c0", transform=turn)
    pencil = "rotate(38 300 250)"
    s.rect(
        290,
        150,
        20,
        150,
        s.linear((0, "#f1c45c"), (0.5, "#ffe29a"), (1, "#d99e2e"), along=(0, 0, 1, 0)),
        transform=pencil,
    )
    s.path("M290 300h20l-10 30z", "#f2dcb9", transform=pencil)
    s.path("M296.500 319h7l-3.500 11z", "#3b3340", transform=pencil)
    s.rect(290, 138, 20, 14, "#b9b3c4", transform=pencil)
    s.rect(290, 124, 20, 16, "#e08a90", r=5, transform=pencil)
    return s


GOODS: Final[dict[str, Callable[[], Svg]]] = {
    draw.__name__: draw for draw in (tea, mug, throw, candle, board, oil, scarf, honey, lamp, vase, teapot, notebook)
}
