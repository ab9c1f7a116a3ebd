"""All that one run found, for its tables, plots and musts."""

from dataclasses import dataclass, field

from benchmarks.measuring import Figures


@dataclass
class Book:
    """The figures by scenario."""

    fanout: list[Figures] = field(default_factory=list)
    single: list[Figures] = field(default_factory=list)
