"""What the doctor tries, and how it judges what `procsim watch` has said."""

from collections import Counter
from typing import Any

import pytest

from tests.conftest import PROGRAMS
from tests.doctor import report
from tests.doctor.attached import difference
from tests.doctor.patients import FAULTY, HANGING, HEALTHY, Patient, hanging, healthy, patients
from tests.doctor.trial import LESS, RIGHT, Trial, fault_in, marked_lines

PATIENT = Patient("queue_put_lambda", "hangs/item_not_pickled", "item_dropped", "worker")


def said(identity: str = "item_dropped", process: str = "worker", **more: Any) -> dict[str, Any]:
    """A finding that names all marked lines of that program."""
    lines = " ".join(marked_lines(PATIENT.program))
    return {"id": identity, "text": f"{process} {lines}", "cure": "put something else", "figures": {}, **more}


def test_each_program_is_tried() -> None:
    tried = {patient.program for patient in patients()}
    assert {f"patients/{path.stem}" for path in (PROGRAMS / "patients").glob("*.py")} <= tried
    assert [name for name in tried if not (PROGRAMS / f"{name}.py").exists()] == []
    assert not {patient.finding for patient in HEALTHY} - {""}


def test_each_healthy_program_and_each_cured_twin_is_tried() -> None:
    tried = [patient.program for patient in healthy()]
    files = [*PROGRAMS.glob("healthy/*.py"), *PROGRAMS.glob("*/*_cured.py"), *PROGRAMS.glob("patients/healthy_*.py")]
    assert sorted(tried) == sorted(f"{path.parent.name}/{path.stem}" for path in files)
    assert not any(patient.finding for patient in healthy())


def test_of_each_kind_there_are_three() -> None:
    assert [kind for kind, count in Counter(patient.kind for patient in FAULTY).items() if count < 3] == []


def test_right_is_what_names_process_and_lines() -> None:
    assert len(marked_lines(PATIENT.program)) >= 3
    assert fault_in(PATIENT, [said()]) == ""


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ([], "silent"),
        ([said("get_nobody_puts")], "said instead: get_nobody_puts"),
        ([said(process="somebody")], "does not name worker"),
        ([said(text="worker")], "lacks the line: "),
        ([said(cure="")], "has no cure"),
        ([said(), said("raised")], "said besides: raised"),
        ([said(), said()], "told twice"),
    ],
)
def test_what_is_not_right(found: list[dict[str, Any]], fault: str) -> None:
    assert fault_in(PATIENT, found).startswith(fault)


def test_a_row_counts_and_keeps_a_sentence_of_each_verdict() -> None:
    row = report.row("kind", "", [Trial(RIGHT, []), Trial("blamed: raised", ["a"]), Trial("blamed: raised", ["b"])])
    assert (row["right"], row["times"], row["wanted"]) == (1, 3, "nothing")
    assert row["said"] == {RIGHT: [], "blamed: raised": ["a"]}
    assert report.line("x fork", row).endswith("2 times blamed: raised")


def test_each_program_that_hangs_is_attached() -> None:
    tried = {patient.program: patient for patient in hanging([PROGRAMS / "wrong" / "died.py"])}
    files = {f"hangs/{path.stem}" for path in PROGRAMS.glob("hangs/*.py") if not path.stem.endswith("_cured")}
    assert files <= tried.keys()
    assert str(PROGRAMS / "wrong" / "died") in tried
    assert {patient.program for patient in HANGING} <= tried.keys()


def found(identity: str, **figures: object) -> dict[str, Any]:
    return {"id": identity, "text": " and ".join(map(str, figures.values())), "figures": figures}


def test_attach_says_what_watch_says_where_id_and_names_are_the_same() -> None:
    wanted = [found("lock_twice", process="clerk", object="account", at="a.py:3")]
    assert difference(wanted, [found("lock_twice", process="clerk", object="account", at=None)]) == ""
    assert difference(wanted, [found("lock_twice", process="clerk", object="a Lock")]) == (
        "lock_twice without object account"
    )
    assert difference(wanted, [found("lock_cycle")]) == "said lock_cycle, not lock_twice"
    assert difference([found("item_dropped", process="clerk")], [found("tasks_not_done", process="clerk")]) == LESS
    assert difference([found("item_dropped", process="clerk")], [found("tasks_not_done", process="other")]) == (
        "tasks_not_done without process clerk"
    )
    assert difference([found("terminated_in_vain", process="clerk")], []) == LESS
    assert difference(wanted, []) == "said nothing, not lock_twice"
    numbered = [found("get_nobody_puts", process="consumer-1")]
    assert difference(numbered, [found("get_nobody_puts", process="consumer-0")]) == "", "a race decides which it is"
