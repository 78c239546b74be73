"""`python -m tests.bench`: everything that is measured, in one table. About twenty minutes."""

import sys

from tests.bench import (
    attached,
    beside_viztracer,
    channel,
    explore,
    load,
    past,
    repeated,
    startup,
    state,
    tickets,
    tracing,
)
from tests.bench.report import Figure, print_figures

if __name__ == "__main__":
    figures: list[Figure] = []
    for module in (
        startup,
        tracing,
        repeated,
        beside_viztracer,
        tickets,
        state,
        channel,
        load,
        past,
        attached,
        explore,
    ):
        print(f"{module.__name__} …", file=sys.stderr, flush=True)
        figures += module.measure()
    sys.exit(print_figures(figures))
