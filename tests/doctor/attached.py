"""One run of a program that was started bare and is then looked at: does `procsim attach` say what `watch` says?

watch, once ──► the findings that are wanted        bare ──► looks, until it is found to hang ──► the same?
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from procsim.attach.errors import CannotAttach
from procsim.attach.look import Look
from procsim.attach.reader import take_look
from procsim.exit_code import ExitCode
from procsim.findings.base import as_fields
from procsim.session.attached import Seen, seen_in
from tests.conftest import end_session
from tests.doctor.patients import Patient
from tests.doctor.trial import BARE, RIGHT, Trial, watched
from tests.integration.conftest import PROGRAMS

LONGEST_SECONDS = 60.0
"""How long a program may take until it hangs."""

BETWEEN_LOOKS_SECONDS = 0.2
QUIET_LOOKS = 10
"""How many looks a healthy program is given that does not end."""

COMPARED = ("process", "object", "holder", "queue", "child")
"""The figures that both must have alike, where `watch` has them."""

BESIDE = ("died", "raised", "time_limit", "interrupted")
"""Findings of `watch` about what has been: memory does not hold it, and a `because` tells of it as far as it does."""


def attached(patient: Patient, method: str, python: str = sys.executable) -> Trial:
    """Start it bare under that Python, and look at it until it is found to hang, or it has ended."""
    wanted = [each for each in _watched(patient, method) if each["id"] not in BESIDE] if patient.finding else []
    seen = _looked_at(patient, method, python)
    found = [] if seen is None else [as_fields(each) for each in seen.verdict.findings]
    sentences = [f"[{each['id']}] {each['text']}" for each in found]
    hangs = seen is not None and seen.state.hung is not None
    if not wanted:
        return Trial("said to hang" if hangs else RIGHT, sentences)
    if not hangs:
        return Trial("not said to hang", sentences)
    return Trial(difference(wanted, found) or RIGHT, [*sentences, *(f"watch: {each['text']}" for each in wanted)])


def difference(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> str:
    """What is said otherwise; empty: nothing."""
    if {each["id"] for each in wanted} != {each["id"] for each in found}:
        return f"said {_ids(found)}, not {_ids(wanted)}"
    texts: dict[str, str] = {}  # of a circle, anybody may be first, and of equal ones each may be told
    for each in found:
        texts[each["id"]] = f"{texts.get(each['id'], '')} {each['text']} {each['figures']}"
    other = [
        f"{each['id']} without {name} {each['figures'][name]}"
        for each in wanted
        for name in COMPARED
        if each["figures"].get(name) is not None and _told(each["figures"][name]) not in texts[each["id"]]
    ]
    return "; ".join(other)


def _told(value: object) -> str:
    """A name without its number: which of several like processes it is may be a matter of chance."""
    return str(value).rstrip("0123456789")


def _ids(findings: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({each["id"] for each in findings})) or "nothing"


@cache
def _watched(patient: Patient, method: str) -> list[dict[str, Any]]:
    """What `watch` finds where it hangs: once, however often it is attached. Nothing where it ends, or goes on."""
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        try:
            done = watched(patient, method, folder)
            line = json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, IndexError, ValueError):
            return []
    return line["findings"] if done.returncode == ExitCode.HUNG else []


def _looked_at(patient: Patient, method: str, python: str) -> Seen | None:
    """What two looks had in common when it was found to hang, or else the last two; None: it ended before."""
    program = str(Path(PROGRAMS, f"{patient.program}.py"))
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        process = subprocess.Popen(
            [python, "-c", BARE, method, program, *patient.arguments],
            cwd=folder,
            env=os.environ | {"TMPDIR": folder, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            return _until_it_hangs(process.pid, bool(patient.finding))
        finally:
            end_session(process)


def _until_it_hangs(pid: int, ill: bool) -> Seen | None:
    before: Look | None = None
    seen: Seen | None = None
    end, looks = time.monotonic() + LONGEST_SECONDS, 0
    while time.monotonic() < end and (ill or looks < QUIET_LOOKS):
        try:
            look = take_look(pid)
        except CannotAttach:  # it has ended
            return seen
        looks += 1
        if before is not None:
            seen = seen_in([before, look])
            if seen.state.hung is not None:
                return seen
        before = look
        time.sleep(BETWEEN_LOOKS_SECONDS)
    return seen
