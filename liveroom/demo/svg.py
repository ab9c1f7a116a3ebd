"""Puts SVG together: shapes, and the gradients that give them volume. The same calls give the same bytes."""

from collections.abc import Sequence
from typing import Final

SHADOW: Final = "#2b2118"

Stop = tuple[float, str] | tuple[float, str, float]
"""Where (0 to 1), the colour, and how opaque it is there."""


class Svg:
    """A picture of ``width`` by ``height``; every shape is drawn over those before it. Numbers are in its pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._defs: list[str] = []
        self._body: list[str] = []
        self._ground = 0

    # --- Paint.

    def linear(self, *stops: Stop, along: tuple[float, float, float, float] = (0, 0, 0, 1)) -> str:
        """Paint that changes along a line, in parts of the shape: x1, y1, x2, y2."""
        x1, y1, x2, y2 = along
        return self._paint("linearGradient", f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"', stops)

    def round(self, dark: str, light: str, *, at: float = 0.34) -> str:
        """Paint of something round that stands upright, lit from the left."""
        return self.linear((0, dark), (at, light), (1, dark), along=(0, 0, 1, 0))

    def radial(self, *stops: Stop, cx: float = 0.5, cy: float = 0.5, r: float = 0.5) -> str:
        """Paint that changes from a point outwards, in parts of the shape."""
        return self._paint("radialGradient", f'cx="{cx}" cy="{cy}" r="{r}"', stops)

    def _paint(self, kind: str, where: str, stops: Sequence[Stop]) -> str:
        name = f"p{len(self._defs)}"
        inner = "".join(
            f'<stop offset="{stop[0]}" stop-color="{stop[1]}"'
            + (f' stop-opacity="{_value(stop[2])}"' if len(stop) == 3 else "")
            + "/>"
            for stop in stops
        )
        self._defs.append(f'<{kind} id="{name}" {where}>{inner}</{kind}>')
        return f"url(#{name})"

    # --- Shapes.

    def rect(self, x: float, y: float, width: float, height: float, fill: str, *, r: float = 0, **more: object) -> None:
        """A rectangle with corners of radius ``r``."""
        self._shape("rect", fill, more, x=x, y=y, width=width, height=height, **({"rx": r} if r else {}))

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, fill: str, **more: object) -> None:
        """An ellipse."""
        self._shape("ellipse", fill, more, cx=cx, cy=cy, rx=rx, ry=ry)

    def circle(self, cx: float, cy: float, r: float, fill: str, **more: object) -> None:
        """A circle."""
        self._shape("circle", fill, more, cx=cx, cy=cy, r=r)

    def path(self, d: str, fill: str = "none", **more: object) -> None:
        """What an SVG path describes."""
        self._shape("path", fill, more, d=d)

    def line(self, d: str, stroke: str, width: float, **more: object) -> None:
        """A path as a line with round ends."""
        ends = {"stroke_linecap": "round", "stroke_linejoin": "round"}
        self._shape("path", "none", {"stroke": stroke, "stroke_width": width, **ends, **more}, d=d)

    def _shape(self, kind: str, fill: str, more: dict[str, object], **values: object) -> None:
        attributes = {**values, "fill": fill, **more}
        said = " ".join(f'{name.replace("_", "-")}="{_value(value)}"' for name, value in attributes.items())
        self._body.append(f"<{kind} {said}/>")

    # --- Larger things.

    def ground(self, top: str, bottom: str, glow: str = "#ffffff") -> None:
        """A wall and a table of one colour, with light on the wall."""
        w, h = self.width, self.height
        self.rect(0, 0, w, h, self.linear((0, top), (1, bottom)))
        self.circle(w * 0.36, h * 0.32, w * 0.6, self.radial((0, glow, 0.65), (1, glow, 0)))
        self._ground = len(self._body)

    def without_ground(self) -> "Svg":
        """The same picture with nothing behind it."""
        del self._body[: self._ground]
        return self

    def shadow(self, cx: float, cy: float, rx: float, ry: float, strength: float = 0.32) -> None:
        """The soft shadow under something."""
        self.ellipse(
            cx, cy, rx, ry, self.radial((0, SHADOW, strength), (0.55, SHADOW, strength * 0.45), (1, SHADOW, 0))
        )

    def inside(self, other: "Svg", x: float, y: float, scale: float) -> None:
        """Another picture in this one, at a place and a size."""
        # The names of its paints would mean ours.
        start = len(self._defs)
        text = "".join(other._body)
        for number in reversed(range(len(other._defs))):
            text = text.replace(f"url(#p{number})", f"url(#q{start + number})")
        self._defs += [
            definition.replace(f'id="p{number}"', f'id="q{start + number}"')
            for number, definition in enumerate(other._defs)
        ]
        self._body.append(f'<g transform="translate({_value(x)} {_value(y)}) scale({_value(scale)})">{text}</g>')

    def render(self) -> str:
        """The whole file."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}"><defs>{"".join(self._defs)}</defs>{"".join(self._body)}</svg>\n'
        )


def _value(value: object) -> str:
    return f"{round(value, 2):g}" if isinstance(value, float) else str(value)
