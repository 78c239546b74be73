"""What does frontrun find in the programs of `published.py`, written for threads, and in two that it cannot see into?

It comes with the extra `bench`. The functions are those of `tests/programs/explored`, given the locks of `threading`,
plain objects and lists instead of those of multiprocessing. Each program and its twin has ten seconds and a process of
its own. Prints rows for the table in `procsim guide explore`; procsim's own are those of `published.py`.
"""

import importlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

SECONDS = 10.0
PROGRAMS = """account, arithmetic_prog, bounded_buffer, carter01, circular_buffer, din_phil 2, din_phil 3, din_phil 4,
din_phil 5, emptied, phase01, stack, sync 1, token_ring, wronglock 1, wronglock 3, counter, abba"""

OF_PROCESSES = ("counter", "abba")
"""They stay programs of processes: each thread starts one, and waits for it. They have no twins."""

Workers = list[Callable[[Any], Any]]


def value(number: int) -> Any:
    """What stands for a Value."""
    return SimpleNamespace(value=number)


def made(name: str, number: int, cured: bool) -> tuple[Callable[[], Any], Workers, Callable[[Any], bool]]:
    """How to set a program up, what its threads do, and what must hold at the end."""
    program = importlib.import_module(f"tests.programs.explored.{name}")
    setup, calls, holds = globals()[f"_{name}"](program, number, cured)

    def set_up() -> Any:
        return setup() | {"raised": []}

    def worker(function: Callable[..., Any], words: str) -> Callable[[Any], Any]:
        def work(state: Any) -> None:
            try:
                function(*(state[word] for word in words.split()))
            except (AssertionError, ValueError) as error:  # frontrun stops where a worker raises, and says no more
                state["raised"].append(error)

        return work

    return (
        set_up,
        [worker(function, words) for function, words in calls],
        lambda state: not state["raised"] and holds(state),
    )


def _always(state: Any) -> bool:
    return True


def _account(program: Any, number: int, cured: bool) -> Any:
    expected = program.BEFORE + (program.PAID if cured else -program.PAID) - program.DRAWN

    def setup() -> Any:
        return {"lock": threading.Lock(), "expected": expected, "balance": value(program.BEFORE)} | {
            name: value(0) for name in ("paid", "drawn")
        }

    calls = [
        (program.pay, "lock balance paid"),
        (program.draw, "lock balance drawn"),
        (program.check, "lock balance paid drawn expected"),
    ]
    return setup, calls, _always


def _two_conditions(first: int) -> Any:
    lock = threading.Lock()
    conditions = {"empty": threading.Condition(lock), "full": threading.Condition(lock)}
    return conditions | {"number": value(first), "total": value(0), "times": 1}


def _arithmetic_prog(program: Any, number: int, cured: bool) -> Any:
    calls = [(program.hand_over, "empty full number"), (program.add_up, "empty full number total")]
    total = program.NUMBERS * (program.NUMBERS + 1) // 2
    return partial(_two_conditions, 0), calls, lambda state: state["total"].value == total + (not cured)


def _sync(program: Any, number: int, cured: bool) -> Any:
    calls = [(program.put, "empty full number times"), (program.take, "empty full number times")]
    return partial(_two_conditions, 1 if cured else 2), calls, _always


def _bounded_buffer(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {"changed": threading.Condition(), "number": value(0), "cured": cured}

    words = "changed number cured"
    return setup, [(program.put, words), (program.take, words), (program.take, words)], _always


def _carter01(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        counting = threading.Lock()
        other = threading.Lock() if cured else counting
        return {"counting": counting, "other": other, "shared": threading.Lock(), "a": value(0), "b": value(0)}

    looks = (program.look, "counting a")
    calls = [(program.come_and_go, "counting a shared"), (program.come_and_go, "other b shared"), looks, looks]
    return setup, calls, _always


def _circular_buffer(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {"turn": threading.Condition(), "may": value(1), "ring": [0] * program.SIZE, "cured": cured}

    words = "turn may ring cured"
    return setup, [(program.put, words), (program.take, words)], _always


def _din_phil(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {str(index): threading.Lock() for index in range(number)}

    pairs = [(str(index), str((index + 1) % number)) for index in range(number)]
    if cured:
        pairs[-1] = pairs[-1][::-1]
    return setup, [(program.eat, " ".join(pair)) for pair in pairs], _always


def _emptied(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        program.PATH.write_text("1")
        return {"lock": threading.Lock(), "sold": []}

    def buy(lock: Any, sold: list[int]) -> None:
        try:
            if cured:
                with lock:
                    program.buy(_NoLock(), None)
            else:
                program.buy(_NoLock(), None)
        except SystemExit:
            sold.append(1)

    return setup, [(buy, "lock sold")] * 2, lambda state: len(state["sold"]) == 1


class _NoLock:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *args: object) -> None:
        pass


def _phase01(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {"first": threading.Lock(), "second": threading.Lock(), "cured": cured}

    return setup, [(program.work, "first second cured")] * 2, _always


def _stack(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {"lock": threading.Lock(), "height": value(0), "begun": value(0)}

    return (
        setup,
        [(program.push, "lock height begun"), (program.pop, f"lock height {'height' if cured else 'begun'}")],
        _always,
    )


def _token_ring(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        done = [threading.Event() for _ in range(program.PEOPLE)]
        state = {"lock": threading.Lock(), "numbers": [0] * program.PEOPLE, "done": done, "cured": cured}
        return state | {str(index): index for index in range(program.PEOPLE)}

    calls = [(program.pass_on, f"lock numbers done {index} cured") for index in range(program.PEOPLE)]
    return setup, [*calls, (program.check, "lock numbers done")], _always


def _wronglock(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        lock = threading.Lock()
        return {"lock": lock, "other": lock if cured else threading.Lock(), "number": value(0)}

    return setup, [(program.add_and_check, "lock number"), *[(program.add, "other number")] * number], _always


def _counter(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {"number": multiprocessing.Value("i", 0)}

    return setup, [(partial(_in_a_process, program.add), "number")] * 2, lambda state: state["number"].value == 2


def _abba(program: Any, number: int, cured: bool) -> Any:
    def setup() -> Any:
        return {"bowl": multiprocessing.Lock(), "spoon": multiprocessing.Lock()}

    eat = partial(_in_a_process, program.eat)
    return setup, [(eat, "bowl spoon"), (eat, "spoon bowl")], _always


def _in_a_process(function: Callable[..., Any], *arguments: Any) -> None:
    process = multiprocessing.Process(target=function, args=arguments)
    process.start()
    process.join()


# Running -----------------------------------------------------------------------------------------------------


def explore_one(name: str, number: int, cured: bool) -> None:
    """Have frontrun explore one program in this process, and print what it says."""
    frontrun: Any = importlib.import_module("frontrun")
    setup, workers, holds = made(name, number, cured)
    began = time.monotonic()
    # By its default, "real", no program with a condition comes to its end.
    result = frontrun.explore(setup=setup, workers=workers, invariant=holds, clock="virtual", total_timeout=SECONDS)
    seconds = time.monotonic() - began
    words = (result.explanation or result.inconclusive_reason or "").strip()
    print(
        MARK,
        *map(str, (result.property_holds, result.num_explored, f"{seconds:.1f}", words.partition("\n")[0])),
        sep="|",
    )


MARK = "RESULT"


def said(program: str, cured: bool) -> list[str]:
    """What frontrun says of it: whether it holds, executions, seconds, its first line."""
    words = [sys.executable, "-m", __spec__.name, ONE, program, *["cured"] * cured]
    with tempfile.TemporaryDirectory() as folder:
        variables = os.environ | {"PYTHONPATH": os.getcwd()}
        try:
            done = subprocess.run(
                [str(shutil.which("frontrun")), *words],
                cwd=folder,
                env=variables,
                capture_output=True,
                text=True,
                timeout=60,
            )
        except subprocess.TimeoutExpired:
            return ["", "", "60+", "it did not end"]
    lines = [line.split("|")[1:] for line in done.stdout.splitlines() if line.startswith(f"{MARK}|")]
    return lines[0] if lines else ["", "", "", (done.stderr.strip().splitlines() or ["?"])[-1]]


ONE = "--one"
VERDICTS = {"True": "holds", "False": "found", "None": "inconclusive"}


def row(program: str) -> str:
    """Of one program: what it says of its fault, after how many executions and seconds; the same of its twin."""
    holds, executions, seconds, words = said(program, cured=False)
    its, of_twin, its_seconds, its_words = (
        said(program, cured=True) if program not in OF_PROCESSES else ["", "", "", ""]
    )
    cells = [
        program,
        VERDICTS.get(holds, words),
        executions,
        seconds,
        VERDICTS.get(its, its_words),
        of_twin,
        its_seconds,
        words,
    ]
    return f"| {' | '.join(cells)} |"


def main(words: list[str]) -> None:
    if words[:1] == [ONE]:
        name, _, number = words[1].partition(" ")
        explore_one(name, int(number or 0), words[2:] == ["cured"])
        return
    if shutil.which("frontrun") is None:
        print("frontrun is not installed: pip install 'procsim[bench]'")
        return
    for program in words or [name.strip() for name in PROGRAMS.split(",")]:
        print(row(program), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
