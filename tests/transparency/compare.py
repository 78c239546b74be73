"""Runs one class of CPython's tests both ways, and tells the tests that came out otherwise."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

INSIDE = Path(__file__).with_name("inside.py")

CLASS_SECONDS = 400
"""What one class gets. The slowest takes 30 s on a free core; only a stall ever takes longer."""

ENDING_SECONDS = 60
"""What procsim then gets to end the run."""

AGAIN = 2
"""How often a class with a difference is run again, both ways: a few of CPython's own tests fail now and then."""

NO_RESULT = "not run"


class Result(NamedTuple):
    """How a test came out: "ok", "FAIL", "ERROR", "skip", "unfinished"."""

    result: str
    detail: str = ""


class Difference(NamedTuple):
    """A test that came out otherwise with the tracer."""

    test: str
    without: Result
    traced: Result
    again: bool
    """Whether it did so each time it was run; False: once, and not again."""


class Comparison(NamedTuple):
    """One class, run both ways."""

    name: str
    results: Mapping[str, Result]
    """By test, without the tracer, the first time."""
    differences: list[Difference]


def class_names(method: str) -> list[str]:
    """The classes of both suites for this start method."""
    command = [sys.executable, str(INSIDE), "--list"]
    variables = os.environ | {"START_METHOD": method}
    listed = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def compare_all(names: Sequence[str], method: str, jobs: int) -> Iterator[Comparison]:
    """Compare class by class, `jobs` of them at once."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(partial(compare, method=method), names)


def compare(name: str, method: str) -> Comparison:
    """Run a class both ways; what differs is run again before it counts."""
    first = _both_ways(name, method)
    differing = _differing(*first)
    always = set(differing)
    for _ in range(AGAIN):
        if always:
            always &= set(_differing(*_both_ways(name, method)))
    without, traced = first
    found = [Difference(test, _of(without, test), _of(traced, test), test in always) for test in differing]
    return Comparison(name, without, found)


def described(difference: Difference) -> str:
    """A difference, as people read it."""
    often = "each time" if difference.again else "once, not again"
    head = f"{difference.test}: {difference.without.result} without, {difference.traced.result} with ({often})"
    details = [detail for _, detail in (difference.without, difference.traced) if detail]
    return "\n".join([head, *("    " + line for detail in details for line in detail.splitlines())])


def _both_ways(name: str, method: str) -> tuple[dict[str, Result], dict[str, Result]]:
    return run_class(name, method, traced=False), run_class(name, method, traced=True)


def _differing(without: Mapping[str, Result], traced: Mapping[str, Result]) -> list[str]:
    return sorted(
        test for test in without.keys() | traced.keys() if _of(without, test).result != _of(traced, test).result
    )


def _of(results: Mapping[str, Result], test: str) -> Result:
    return results.get(test, Result(NO_RESULT))


def run_class(name: str, method: str, traced: bool) -> dict[str, Result]:
    """The result of each test of the class, and of the interpreter that ran it."""
    with tempfile.TemporaryDirectory(prefix="transparency-") as folder:
        path = Path(folder, "results")
        path.touch()
        inside = [str(INSIDE), name, str(path)]
        command = [sys.executable, *inside]
        if traced:
            watch = ["-m", "procsim", "watch", "--view", "plain", "--timeout", str(CLASS_SECONDS)]
            command = [sys.executable, *watch, *inside]
        ending = _run(command, method, folder, CLASS_SECONDS + (ENDING_SECONDS if traced else 0))
        results = _read(path)
    was_traced = results.pop("(traced)", Result(NO_RESULT)).result
    assert was_traced in (str(traced), NO_RESULT), f"{name}: traced is {was_traced}"
    return results | {f"{name} (ended)": Result(ending)}


def _read(path: Path) -> dict[str, Result]:
    results: dict[str, Result] = {}
    for line in path.read_text().splitlines():
        test, result, detail = json.loads(line)
        if result == "begun":
            results[test] = Result("unfinished")
        elif test not in results or results[test].result == "unfinished":
            results[test] = Result(result, detail)
        else:  # the body failed, and then the clean-up
            results[test] = Result(f"{results[test].result}+{result}", f"{results[test].detail}\n{detail}")
    return results


def _run(command: list[str], method: str, folder: str, seconds: float) -> str:
    """How it ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"START_METHOD": method},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return "at the time limit"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if code == 3:  # by procsim: at the time limit, or since it says that the program hangs
        return "ended by procsim"
    return f"exit code {code if code >= 0 else 128 - code}"
