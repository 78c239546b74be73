"""What every benchmark hands back: figures, with their targets, and the table of them."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Measure = Callable[[], float]


class Figure(NamedTuple):
    """One measured figure; without a target it is only told."""

    what: str
    value: float
    unit: str = "times"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool:
        """Whether it reaches its target."""
        return not (
            (self.at_least is not None and self.value < self.at_least)
            or (self.at_most is not None and self.value > self.at_most)
        )

    def row(self) -> list[str]:
        """A line of the table."""
        if self.at_least is None and self.at_most is None:
            return [self.what, self._with_unit(self.value), "", ""]
        limit = self.at_most if self.at_least is None else self.at_least
        word = "at most" if self.at_least is None else "at least"
        return [self.what, self._with_unit(self.value), f"{word} {limit:g}", "met" if self.met else "MISSED"]

    def _with_unit(self, value: float) -> str:
        return f"{value:,.2f} {self.unit}" if value < 100 else f"{value:,.0f} {self.unit}"


def alternating(contestants: Mapping[str, Measure], rounds: int) -> dict[str, float]:
    """The median of each, measured in turn, in each round in another order."""
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            measured[name].append(contestants[name]())
    return {name: statistics.median(values) for name, values in measured.items()}


def print_aligned(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they must be, those of figures to the right."""
    columns = []
    for header, *cells in zip(*rows, strict=True):
        width = max(map(len, [header, *cells]))
        figures = all(not cell or cell[0].isdigit() for cell in cells)
        columns.append([cell.rjust(width) if figures else cell.ljust(width) for cell in (header, *cells)])
    for row in zip(*columns, strict=True):
        print("  " + "  ".join(row).rstrip(), flush=True)


def print_figures(figures: Sequence[Figure]) -> int:
    """The table; the exit code of a benchmark: 0, or 1 where a target was missed."""
    print_aligned([["", "measured", "target", ""], *(figure.row() for figure in figures)])
    return 0 if all(figure.met for figure in figures) else 1


def main(measure: Callable[[], list[Figure]]) -> None:
    """One benchmark by itself."""
    sys.exit(print_figures(measure()))
