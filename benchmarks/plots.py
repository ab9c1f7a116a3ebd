"""The plots of a run, as SVG."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.book import Book, Soak
from benchmarks.measuring import Figures, typical
from benchmarks.systems import SYSTEMS

mpl.use("svg")
# The same figures give the same file; text stays text.
mpl.rcParams.update({"svg.hashsalt": "liveroom", "svg.fonttype": "none", "font.size": 10, "axes.grid": True})
mpl.rcParams.update({"grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})

from matplotlib import pyplot  # noqa: E402 - the backend first
from matplotlib.axes import Axes  # noqa: E402 - the backend first
from matplotlib.figure import Figure  # noqa: E402 - the backend first

FOLDER = Path(__file__).with_name("plots")
# Told apart without colours too (Okabe and Ito's).
COLOURS = ("#d55e00", "#e69f00", "#999999", "#666666", "#000000", "#0072b2", "#009e73")
STYLES = {system.name: style for system, *style in zip(SYSTEMS, COLOURS, "osv<^DP", strict=True)}


def draw(book: Book) -> dict[str, str]:
    """Write the plots that the book has figures for; return the file names with what each shows."""
    FOLDER.mkdir(exist_ok=True)
    drawn = {}
    fanout = list(busiest(book.fanout))
    for name, figures, title in (
        ("fanout", fanout, "at the highest rate that was measured; hollow: it did not keep up"),
        ("single", typical(book.single), "one comment at a time"),
    ):
        if figures:
            what = f"CPU per delivered comment, {title}"
            over_viewers(f"{name}-cost.svg", figures, lambda one: one.cpu, "server CPU, µs per delivered comment", what)
            drawn[f"{name}-cost.svg"] = what
            what = f"p99 latency, {title}"
            over_viewers(f"{name}-latency.svg", figures, lambda one: one.p99, "p99 latency, ms", what)
            drawn[f"{name}-latency.svg"] = what
    if book.soak is not None:
        soak(book.soak)
        drawn["soak.svg"] = "Memory and latency over the soak"
    return drawn


def busiest(figures: Iterable[Figures]) -> Iterable[Figures]:
    """Of each system and number of viewers the window with the highest rate, without pings."""
    best: dict[tuple[str, int], Figures] = {}
    for one in figures:
        known = best.get((one.system, one.viewers))
        if not one.pings and (known is None or one.rate > known.rate):
            best[one.system, one.viewers] = one
    return best.values()


def over_viewers(
    file: str, figures: Sequence[Figures], value: Callable[[Figures], float], label: str, title: str
) -> None:
    """Draw one value of all systems over the number of viewers."""
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for system, (colour, marker) in STYLES.items():
        mine = sorted((one for one in figures if one.system == system), key=lambda one: one.viewers)
        if not mine:
            continue
        axes.plot(
            [one.viewers for one in mine], [value(one) for one in mine], color=colour, marker=marker, label=system
        )
        hollow = [one for one in mine if one.saturated]
        axes.plot(
            [one.viewers for one in hollow],
            [value(one) for one in hollow],
            color=colour,
            marker=marker,
            markerfacecolor="white",
            linestyle="none",
        )
    axes.set(xscale="log", yscale="log", xlabel="viewers in the room", ylabel=label)
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=10)
    _plain_ticks(axes, sorted({one.viewers for one in figures}))
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    _save(figure, file)


def _plain_ticks(axes: Axes, viewers: list[int]) -> None:
    axes.set_xticks(viewers, [f"{count:,}" for count in viewers], fontsize=8)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")


def soak(found: Soak) -> None:
    """Draw the soak."""
    figure, (memory, latency) = pyplot.subplots(2, figsize=(8, 5), sharex=True, layout="constrained")
    at = [moment.at for moment in found.moments]
    memory.plot(at, [moment.memory for moment in found.moments], color="#0072b2")
    memory.set(ylabel="server memory, MiB", ylim=(0, 1.1 * max(moment.memory for moment in found.moments)))
    latency.plot(at, [moment.p50 for moment in found.moments], color="#009e73", label="p50")
    latency.plot(at, [moment.p99 for moment in found.moments], color="#d55e00", label="p99")
    latency.set(ylabel="latency, ms", xlabel="seconds", ylim=(0, None))
    latency.legend(frameon=False)
    _save(figure, "soak.svg")


def _save(figure: Figure, file: str) -> None:
    figure.savefig(FOLDER / file, metadata={"Date": None})
    pyplot.close(figure)
