"""One run of a program under `procsim watch`: was it right?"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from typing import Any, NamedTuple

from tests.doctor.patients import Patient
from tests.integration.conftest import PROCSIM, PROGRAMS

PATIENCE_SECONDS = 60.0
"""The time limit of a program that is to end, or to be found to hang, before it."""

_BARE_SECONDS = 60.0

BARE = (
    "import multiprocessing, os, sys; "
    "multiprocessing.context._default_context._default_context = multiprocessing.get_context(sys.argv[1]); "
    "sys.argv[:] = sys.argv[2:]; sys.path[0] = os.path.dirname(sys.argv[0]); __file__ = sys.argv[0]; "
    "exec(compile(open(__file__, 'rb').read(), __file__, 'exec'))"
)
"""Runs a program by itself: its arguments are the start method, unless the program sets one, and the program.

In the module `__main__` itself: what a spawned process sends back may be of a class that stands there.
"""

RIGHT = "right"
LESS = "less"
"""The verdict of `attach` where it says less than `watch`, as the table of the guide has it."""


class Trial(NamedTuple):
    """What came of one run."""

    verdict: str
    """RIGHT, or what is not as it should be, in a few words."""
    sentences: list[str]
    """What procsim said: each finding, and its cure."""


def tried(patient: Patient, method: str) -> Trial:
    """Run it once."""
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        try:
            done = watched(patient, method, folder)
            line = json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
            return Trial(f"no verdict: {type(error).__name__}", [])
        if line["kind"] != "verdict":
            return Trial("no verdict", [])
        found: list[dict[str, Any]] = line["findings"]
        sentences = [f"[{each['id']}] {each['text']} · {each['cure']}" for each in found]
        if patient.finding:
            return Trial(fault_in(patient, found) or RIGHT, sentences)
        said = ", ".join(each["id"] for each in found if each["id"] != "time_limit" or not patient.limit)
        try:
            changed = "" if said or patient.limit else _changed(patient, done, method)
        except subprocess.TimeoutExpired:
            changed = "does not end by itself either"
        return Trial(f"blamed: {said}" if said else changed or RIGHT, sentences)


def marked_lines(program: str) -> dict[str, str]:
    """The marks in the program, such as "waits", by `file:line`."""
    path = PROGRAMS / f"{program}.py"
    lines = path.read_text().splitlines()
    marks = {f"{path.name}:{number}": _MARK.search(text) for number, text in enumerate(lines, 1)}
    return {place: match[1] for place, match in marks.items() if match}


_MARK = re.compile(r"  # ([a-z][a-z ]*)$")
_OF_OTHER_TESTS = ("made at once", "took", "when main is done")
"""Marks of lines that the sentence need not name."""


def fault_in(patient: Patient, found: list[dict[str, Any]]) -> str:
    """What is not as it should be in the findings about a faulty program; empty: nothing."""
    ids = [each["id"] for each in found]
    known = [each for each in found if each["id"] == patient.finding]
    if not known:
        said = ", ".join(name for name in ids if name not in ("time_limit", "interrupted"))
        return f"said instead: {said}" if said else "silent"
    beside = {*patient.beside, *(("time_limit",) if patient.limit else ())}
    more = [each["id"] for each in found if each not in known and each["id"] not in beside]
    texts = " ".join(f"{each['text']} {json.dumps(each['figures'])}" for each in known)
    missing = [
        mark
        for place, mark in marked_lines(patient.program).items()
        if mark not in _OF_OTHER_TESTS
        and not re.search(rf"{re.escape(place)}\b", texts + str(_beside_texts(found, beside)))
    ]
    if patient.process not in texts:
        return f"does not name {patient.process}"
    if missing:
        return f"lacks the line: {', '.join(missing)}"
    if not all(each["cure"] for each in known):
        return "has no cure"
    if more:
        return f"said besides: {', '.join(more)}"
    return "told twice" if len(known) > 1 else ""


def _beside_texts(found: list[dict[str, Any]], beside: set[str]) -> list[str]:
    return [each["text"] for each in found if each["id"] in beside]


def _changed(patient: Patient, watched: "subprocess.CompletedProcess[str]", method: str) -> str:
    """What watching has changed: the output or the exit code of a healthy program; empty: nothing."""
    bare = _bare(patient, method)
    if watched.returncode != bare.returncode:
        return f"ended with {watched.returncode}, not {bare.returncode}"
    lines = [json.loads(line) for line in watched.stdout.splitlines()]
    printed = [line["text"] for line in lines if line["kind"] == "printed" and line["stream"] == "stdout"]
    # By characters: what two processes print at once comes in between, in each run at another place, also bare.
    same = Counter(_ADDRESS.sub("0x", "".join(printed))) == Counter(_ADDRESS.sub("0x", bare.stdout))
    return "" if same else "printed something else"


_ADDRESS = re.compile("0x[0-9a-f]+")
"""In what an object without a `__repr__` prints: another one in each run."""


@cache
def _bare(patient: Patient, method: str) -> "subprocess.CompletedProcess[str]":
    """What it comes to by itself: once, however often it is watched."""
    command = [sys.executable, "-c", BARE, method, str(PROGRAMS / f"{patient.program}.py"), *patient.arguments]
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        return _run(command, folder, _BARE_SECONDS)


def watched(patient: Patient, method: str, folder: str) -> "subprocess.CompletedProcess[str]":
    """Run it under `procsim watch`. The last line of its output is the verdict."""
    limit = patient.limit or PATIENCE_SECONDS
    options = [
        "--view",
        "json",
        "--on-hang",
        "stop",
        "--start-method",
        method,
        "--timeout",
        f"{limit:g}",
        *patient.options,
    ]
    command = [*PROCSIM, "watch", *options, str(PROGRAMS / f"{patient.program}.py"), *patient.arguments]
    return _run(command, folder, limit + PATIENCE_SECONDS)


def _run(command: list[str], folder: str, seconds: float) -> "subprocess.CompletedProcess[str]":
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"TMPDIR": folder, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # what it has started, too
            raise
        return subprocess.CompletedProcess(command, process.returncode, output)
