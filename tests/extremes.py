"""Every scenario at the ends of its options, alone and two together: `python -m tests.extremes [SCENARIO]`.

Each run must end by itself, or be found to hang, long before the time limit. It takes most of an hour, so it is run by
hand, like a benchmark, on a machine that does nothing else. The exit code is 1 where one came too near to the limit.
"""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator

from procsim.command.run_options import DEFAULT_TIMEOUT_SECONDS
from procsim.lessons import catalog
from procsim.lessons.scenario import Scenario
from procsim.options import Option, as_arguments, has_effect

ENOUGH_SECONDS = DEFAULT_TIMEOUT_SECONDS / 2
LONG_SECONDS = 1_000.0
"""What is asked for where an option has no upper end."""


def ends(option: Option) -> Iterator[tuple[str, object]]:
    """The least and the most that it takes, and what else there is to choose."""
    values: list[object] = [not option.default] if option.type is bool else list(option.choices)
    if option.allowed is not None:
        values = [option.allowed.start, option.allowed.stop - 1]
    elif option.type is float:
        values = [0.0, LONG_SECONDS]
    yield from ((option.name, value) for value in values if value != option.default)


def combinations(scenario: Scenario) -> Iterator[list[str]]:
    """The command lines: as it is, with each end, and with two ends of two options that do not exclude each other."""
    yield []
    chosen = [end for option in scenario.options for end in ends(option)]
    for few in (*((end,) for end in chosen), *itertools.combinations(chosen, 2)):
        values = dict(few)
        all_values = {option.name: option.default for option in scenario.options} | values
        if len(values) == len(few) and all(has_effect(option, all_values) for option in changed(scenario, values)):
            yield as_arguments(changed(scenario, values), values)


def changed(scenario: Scenario, values: dict[str, object]) -> list[Option]:
    """The options that have these values."""
    return [option for option in scenario.options if option.name in values]


def seconds_and_findings(command: list[str]) -> tuple[float, list[str]]:
    """How long a run takes, and what is found in it."""
    began = time.monotonic()
    command = [sys.executable, "-m", "procsim", *command, "--view", "json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    took = time.monotonic() - began
    last = json.loads(done.stdout.splitlines()[-1])
    return took, [finding["id"] for finding in last["findings"]]


def main(scenarios: list[str]) -> int:
    """Measure them; the exit code."""
    worst = 0
    for scenario in scenarios or catalog.BUILT_IN:
        for options in combinations(catalog.scenario(scenario)):
            took, found = seconds_and_findings([scenario, *options])
            too_long = took > ENOUGH_SECONDS or "time_limit" in found
            worst |= too_long
            print(
                f"{'✘' if too_long else ' '} {took:6.1f} s  {scenario} {' '.join(options)}  {', '.join(found)}",
                flush=True,
            )
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
