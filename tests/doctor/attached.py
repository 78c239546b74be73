"""One run of a program that was started bare and is then looked at: does `procsim attach` say what `watch` says?

watch, once ──► the findings that are wanted        bare ──► looks, until it is found to hang ──► the same?
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from procsim.attach.errors import CannotAttach
from procsim.attach.look import Look
from procsim.attach.probable import probable
from procsim.attach.reader import take_look
from procsim.exit_code import ExitCode
from procsim.findings.base import as_fields
from procsim.session.attached import Seen, seen_in
from tests.conftest import end_session
from tests.doctor.patients import Patient
from tests.doctor.trial import BARE, LESS, RIGHT, Trial, watched
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

KNOWN_LESS: dict[tuple[str, str], tuple[str, ...]] = {
    ("item_dropped", "items_not_sent"): (),
    ("item_dropped", "get_nobody_puts"): (),
    ("item_dropped", "tasks_not_done"): (),
    ("holder_dead", "lock_nobody_releases"): (),
    ("empty_too_early", "get_nobody_puts"): ("process",),
    ("errors_unseen", "event_nobody_sets"): (),
    ("errors_unseen", "get_nobody_puts"): (),
    ("terminated_in_vain", "event_nobody_sets"): ("process",),
    ("terminated_in_vain", ""): COMPARED,
    ("flush_nobody_gets", "join_before_get"): ("process",),
    ("lock_cycle", "manager_never_answers"): ("process", "object"),
    ("lock_twice", "manager_never_answers"): ("object",),
    ("holder_dead", "manager_never_answers"): ("object", "holder"),
    ("not_started", "not_started"): ("child",),
    ("pool_no_worker", "pool_no_worker"): ("process",),
    ("pool_task_lost", "pool_worker_died"): (),
    ("pool_starved", "barrier_nobody_comes"): COMPARED,
    ("pool_starved", "event_nobody_sets"): COMPARED,
    ("pool_starved", "manager_never_answers"): COMPARED,
    ("pool_in_child", "standstill"): COMPARED,
}
"""What `attach` finds (empty: nothing) where `watch` finds something else, and the figures that it does not know then.
The table in the guide says why.
"""

SILENT = frozenset(
    {
        "patients/array_polled_after_the_last",
        "patients/children_polled_beside_their_jobs",
        "patients/file_never_made",
        "patients/file_opened_again_and_again",
        "patients/futures_polled_beside_a_queue",
        "patients/initializer_of_a_class",
        "patients/initializer_cannot_import",
        "patients/handler_puts",
        "patients/manager_dict_polled",
        "patients/marks_of_all_awaited",
        "patients/progress_bar_beside_a_wait",
        "patients/report_never_written",
        "patients/results_counted",
        "patients/results_polled_beside_an_event",
        "patients/thread_reaps",
        "patients/timeout_poll_of_two",
        "patients/taken_again_and_again",
        "patients/pool_keeps_a_handler",
        "patients/value_polled",
    }
)
"""Programs that go on, of which it says nothing: that table says why."""

SILENT_UNDER_FORKSERVER = SILENT | {"patients/connections_polled", "patients/tasks_polled_until_empty"}
"""The same, where two have ended: how, a forkserver knows of the last one alone."""


def attached(patient: Patient, method: str, python: str = sys.executable) -> Trial:
    """Start it bare under that Python, and look at it until it is found to hang, or it has ended."""
    wanted = [each for each in _watched(patient, method) if each["id"] not in BESIDE] if patient.finding else []
    seen = _looked_at(patient, method, python)
    found = [] if seen is None else [as_fields(each) for each in seen.verdict.findings]
    sentences = [f"[{each['id']}] {each['text']}" for each in found]
    if not wanted:  # of one that is known to hang, `watch` was too slow
        wrong = "watch found nothing" if patient.finding else "said to hang"
        return Trial(wrong if found else RIGHT, sentences)
    silent = SILENT_UNDER_FORKSERVER if method == "forkserver" else SILENT
    verdict = LESS if patient.program in silent and not found else difference(wanted, found) or RIGHT
    return Trial(verdict, [*sentences, *(f"watch: {each['text']}" for each in wanted)])


def difference(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> str:
    """What is said otherwise; empty: nothing; LESS: no more than what `KNOWN_LESS` has."""
    texts: dict[str, str] = {}  # of a circle, anybody may be first, and of equal ones each may be told
    for each in found:
        texts[each["id"]] = f"{texts.get(each['id'], '')} {each['text']} {each['figures']}"
    instead = {each["id"]: _instead(each["id"], texts) for each in wanted}
    if {*texts} != {*instead.values()} - {""} or None in instead.values():
        return f"said {_ids(found)}, not {_ids(wanted)}"
    less = any(name != said for name, said in instead.items())
    other = []
    for each in wanted:
        said = instead[each["id"]] or ""
        for name in _unlike(each, texts.get(said, "")):
            if name in KNOWN_LESS.get((each["id"], said), ()):
                less = True
            else:
                other.append(f"{said} without {name} {each['figures'][name]}")
    return "; ".join(other) or (LESS if less else "")


def _instead(name: str, texts: Mapping[str, str]) -> str | None:
    """What is said where that finding is wanted: the same, or less; None: something else."""
    if name in texts:
        return name
    return next((said for known, said in KNOWN_LESS if known == name and (said in texts or not (said or texts))), None)


def _unlike(wanted: dict[str, Any], text: str) -> list[str]:
    """The figures that are not in this text."""
    figures = wanted["figures"]
    return [name for name in COMPARED if figures.get(name) is not None and _told(figures[name]) not in text]


def _told(value: object) -> str:
    """A name without its number or place: which of several like processes it is may be a matter of chance, and what is
    in a list has the name of that. Another Python may be called python3.
    """
    return str(value).rstrip("[]0123456789").removeprefix("python")


def _ids(findings: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({each["id"] for each in findings})) or "nothing"


@cache
def _watched(patient: Patient, method: str) -> list[dict[str, Any]]:
    """What `watch` finds where it hangs: once, however often it is attached. Nothing where it ends, or goes on, and is
    not known to hang.
    """
    with tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp") as folder:
        try:
            done = watched(patient, method, folder)
            line = json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, IndexError, ValueError):
            return []
    return line["findings"] if done.returncode == ExitCode.HUNG or patient.limit else []


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
            return _until_it_hangs(process.pid, patient)
        finally:
            end_session(process)


def _until_it_hangs(pid: int, patient: Patient) -> Seen | None:
    """As the command does, which looks twice, and more often where it probably hangs; but again and again."""
    looks: list[Look] = []
    seen: Seen | None = None
    end, taken = time.monotonic() + LONGEST_SECONDS, 0
    while time.monotonic() < end and (patient.finding or taken < QUIET_LOOKS or probable(looks, old=0)):
        try:
            looks.append(take_look(pid))
        except CannotAttach:  # it has ended
            return seen
        taken += 1
        if len(looks) > 1:
            seen = seen_in(looks)
            if seen.state.hung is not None or (seen.verdict.findings and (patient.limit or not patient.finding)):
                return seen
            looks = looks if probable(looks, old=0) else looks[-1:]
        time.sleep(BETWEEN_LOOKS_SECONDS)
    return seen
