"""A recording from a stranger: its sentences are data, its values have bounds, and one line says what is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procsim import language
from procsim.findings.base import as_fields, from_fields
from procsim.findings.base import sentence_of as shown
from procsim.recording.recorded import ACCESSES, ADDED, ALIVE_LIMIT, FOUND_LIMIT, PARTS, TYPES, Damaged, value_of
from procsim.recording.todays_words import KNOWN, known_sentences
from procsim.recording.trace import NoTrace, Trace
from procsim.sentences import FIGURE_LIMIT, SENTENCE_LIMIT, filled, sentence
from procsim.wire.events import KINDS
from tests.catalogue import known
from tests.fuzz.damage import RECORDINGS, nested
from tests.fuzz.replays import MOST_BYTES

ROOT = Path(__file__).parents[1]

HEADER = {"procsim": "0.1.0", "schema": 1, "scenario": "x", "options": {}, "code": ""}
VERDICT: dict[str, Any] = {"kind": "verdict", "scenario": "x", "claims": [], "findings": []}
COMMON = {"t": 5, "pid": 1, "process": "p1", "object": {"id": "9"}, "at": "x.py:3"}
SOME = {str: "x", int: 1, dict: {}, list: [], bool: True, type(None): None}


@pytest.fixture
def english() -> Iterator[None]:
    language.choose("en")
    yield


# Sentences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{a} of {b}", "5 of x"),
        ("{a:.2f} {a:g} {a:d} {a:x} {a:%} {b:s}", "5.00 5 5 5 500.000000% x"),
        ("{b:.3f}", "x"),
        ("{a:>1999999999}", "5"),
        ("{a:.999999999f}", "5"),
        ("{a:{a}}", "{a:5}"),
        ("{a.__class__} {a[0]} {b!r} {0} {}", "{a.__class__} {a[0]} {b!r} {0} {}"),
        ("{{a}} {c}", "{a} {c}"),
        ("} { {a", "} { {a"),
    ],
)
def test_a_template_is_data(text: str, words: str) -> None:
    assert filled(text, {"a": 5, "b": "x"}) == words


def test_a_sentence_has_a_bound() -> None:
    assert len(filled("{a}" * 100_000, {"a": "x" * 100_000})) == SENTENCE_LIMIT
    assert len(filled("{a}", {"a": "x" * 100_000})) == FIGURE_LIMIT
    assert len(filled("x" * 1_000_000, {})) == SENTENCE_LIMIT
    assert len(sentence("x", {str(number): "y" * 100_000 for number in range(100)})) == SENTENCE_LIMIT


def test_every_sentence_has_an_id_of_its_own() -> None:
    assert KNOWN.read_text(encoding="utf-8") == known(), "run: python -m tests.catalogue"


FIGURES = {"process": "worker", "at": "x.py:3", "error": "KeyError: 'a'", "parent": "MainProcess"}


def finding(**fields: Any) -> dict[str, Any]:
    """A recorded one, as it was shown in words that are others by now."""
    return {
        "id": "raised",
        "sentence": "raised",
        "text": "worker fell over {here} by KeyError: 'a'",
        "template": "{process} fell over {{here}} by {error}",
        "figures": FIGURES,
        "cure": "",
        "cure_sentence": "",
        "cure_template": "",
    } | fields


def replayed(folder: Path, scenario: str = "x", /, **rows: Any) -> Any:
    """What a recording with these rows in its verdict is replayed as."""
    path = folder / "trace.jsonl"
    path.write_text(json.dumps(HEADER | {"scenario": scenario}) + "\n" + json.dumps(VERDICT | rows) + "\n")
    trace = Trace(path)
    assert list(trace) == [[]]
    assert trace.verdict is not None
    return trace.verdict


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "worker ended at x.py:3 by an exception: KeyError: 'a'"),
        ({"sentence": "raised.unnoticed"}, "MainProcess ended as if nothing had happened, but worker had ended at"),
        ({"sentence": "raised.of_old"}, "worker fell over {here} by KeyError: 'a'"),
        ({"sentence": "raised", "figures": {"error": "x"}}, "worker fell over {here} by KeyError: 'a'"),
        (
            {"id": "of_old", "sentence": "of_old", "template": "{a.__class__}"},
            "worker fell over {here} by KeyError: 'a'",
        ),
    ],
)
def test_a_sentence_is_shown_in_todays_words_or_as_it_was(
    english: None, tmp_path: Path, fields: dict[str, Any], words: str
) -> None:
    (row,) = replayed(tmp_path, findings=[finding(**fields)])["findings"]
    assert shown(row["template"], row["figures"]).startswith(words)


def test_an_old_recording_without_ids_of_sentences_is_not_given_the_words_of_another(tmp_path: Path) -> None:
    old = finding()
    del old["sentence"], old["cure_sentence"]
    (row,) = replayed(tmp_path, findings=[old])["findings"]
    assert shown(row["template"], row["figures"]) == old["text"], "two sentences are called `raised`"


def test_a_cure_and_a_claim_have_ids_too(tmp_path: Path) -> None:
    figures = {"parent": "MainProcess", "process": "worker"}
    old = {
        "cure": "look there",
        "cure_template": "look {x}",
        "cure_sentence": "raised.unnoticed.cure",
        "figures": figures,
    }
    claim = {"id": "M6", "holds": True, "text": "nobody stood there", "template": "nobody stood there", "figures": {}}
    known_claim = claim | {"sentence": "M6.nobody_waited"}
    rows = replayed(tmp_path, "deadlock", findings=[finding(**old)], claims=[claim, known_claim])
    assert rows["findings"][0]["cure_template"] == known_sentences()["raised.unnoticed.cure"]
    assert [row["template"] for row in rows["claims"]] == ["nobody stood there", "nobody waited for ever"]
    (row,) = replayed(tmp_path, "mine", claims=[known_claim])["claims"]
    assert row["template"] == "nobody stood there", "a scenario of somebody else's"


def test_an_old_claim_has_the_words_for_its_figures_unless_two_sentences_have_places_for_the_same(
    tmp_path: Path,
) -> None:
    def words_of(scenario: str, identity: str, template: str, **figures: Any) -> str:
        text = template.format(**figures)
        claim = {"id": identity, "holds": True, "text": text, "template": template, "figures": figures}
        (row,) = replayed(tmp_path, scenario, claims=[claim])["claims"]
        assert isinstance(row["template"], str)
        return row["template"]

    figures = {"at": "x.py:3", "gots": 5, "puts": 5, "count": 5}
    of_old = "join() hung at {at}: {count} of {puts}, {gots} taken"
    assert words_of("queue", "J1", of_old, **figures) == known_sentences()["queue/J1.waits"]
    template = "the lock stood around it all: {waited} s, {for_looking} s of that for looking"
    assert words_of("tickets", "M5", template, waited=2, for_looking=1) == template


def test_a_finding_survives_the_way_to_disk_and_back() -> None:
    fields = finding()
    assert as_fields(from_fields(fields))["sentence"] == "raised"


WORDS = {
    "tickets.jsonl": ("1 too many", "多卖了 1 张"),
    "deadlock.jsonl": ("a deadlock", "死锁"),
    "hang.jsonl": ("take the items first, then join", "先取元素"),
}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_recordings_of_an_older_procsim_are_shown(path: Path) -> None:
    assert len(RECORDINGS) == len(WORDS)
    for chosen, words in zip(("en", "zh"), WORDS[path.name], strict=True):
        done = run("replay", path, "--view", "plain", "--lang", chosen)
        assert (done.returncode, done.stderr) == (0, "")
        assert words in done.stdout


# Bounds ------------------------------------------------------------------------------------------------------


def run(*arguments: object, module: tuple[object, ...] = ("procsim",)) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *map(str, (*module, *arguments))],
        env=os.environ | {"LC_ALL": "C.UTF-8", "LANGUAGE": ""},
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
    )


def read(path: Path) -> int:
    return sum(len(batch) for batch in Trace(path))


def written(path: Path, *lines: Any) -> Path:
    with path.open("wb") as file:
        for line in (HEADER, *lines, VERDICT):
            file.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
    return path


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (COMMON | {"kind": "process_returned", "t": 10**400}, "a number of more than 64 bits"),
        (COMMON | {"kind": "process_returned", "t": float("nan")}, "line 2 is no event;"),
        (b'{"t":1e999}\n', "a number of more than 64 bits"),
        (b'{"t":' + b"1" * 5_000 + b"}\n", "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "t": -1}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "t": 1.5}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "pid": -1}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "pid": 0}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "process": 5}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "thread": []}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "at": 7}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "object": {"id": "x"}}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "object": {"id": "f" * 99}}, "line 2 is no event;"),
        (COMMON | {"kind": "process_returned", "object": 5}, "line 2 is no event;"),
        (COMMON | {"kind": "noted", "name": "x", "value": nested(800)}, "nested more than"),
        (b"[" * 100_000 + b"\n", "nested more than"),
        (b"[" + b"[]," * 2_000_000 + b"1]\n", "more than 500000 values"),
        (COMMON | {"kind": "noted", "name": "x", "value": "y" * 100_000}, "too long for its kind"),
        (COMMON | {"kind": "noted", "name": "x", "value": "y" * 17_000_000}, "longer than 16 MB"),
        (b"\xff\xfe\n", "line 2 is no event;"),
        (b"\x00" * 20_000_000, "longer than 16 MB"),
    ],
)
def test_what_is_beyond_its_bounds_is_said_in_one_line(
    english: None, tmp_path: Path, line: Any, complaint: str
) -> None:
    with pytest.raises(NoTrace) as caught:
        read(written(tmp_path / "trace.jsonl", line))
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"verdict"}))
def test_no_field_has_a_wrong_type(tmp_path: Path, kind: str) -> None:
    right = {name: SOME[TYPES.get(name, (str,))[0]] for name in KINDS[kind]}
    assert read(written(tmp_path / "right.jsonl", COMMON | {"kind": kind, **right})) == 1
    for name in KINDS[kind]:
        less = {other: value for other, value in right.items() if other != name}
        if name not in ADDED and not (name in PARTS and kind in ACCESSES):
            with pytest.raises(NoTrace):
                read(written(tmp_path / "less.jsonl", COMMON | {"kind": kind, **less}))
        for wrong in (None, True, -1, 1.5, "x", [], ["x"], {}, {"standing": 1}, {"standing": [{"pid": "x"}]}):
            path = written(tmp_path / "wrong.jsonl", COMMON | {"kind": kind, **right, name: wrong})
            if name in TYPES and not isinstance(wrong, TYPES[name]):
                with pytest.raises(NoTrace):
                    read(path)


STOOD = {"process": "p", "pid": 1, "thread": "", "frames": [], "state": "S", "call": "", "target": "", "moved": False}
FRAMES_OF_TEXT = {"stacks": [STOOD | {"frames": ["main"]}]}


@pytest.mark.parametrize("key", ["claims", "findings"])
def test_the_verdict_is_checked_too(tmp_path: Path, key: str) -> None:
    right = finding() | {"holds": True}
    assert replayed(tmp_path, **{key: [right]})
    needed = {"id", "text", "template", "figures"} | ({"holds"} if key == "claims" else set())
    for name in needed:
        wrongs: list[Any] = [
            None,
            5,
            [],
            "x",
            {"standing": [5]},
            {"stacks": 5},
            {"stacks": [{"pid": 1}]},
            FRAMES_OF_TEXT,
        ]
        for wrong in wrongs:
            if isinstance(wrong, type(right[name])) and name != "figures":
                continue
            with pytest.raises(NoTrace):
                replayed(tmp_path, **{key: [right | {name: wrong}]})
    for wrong in (None, 5, "x", {}, [5], [None]):
        with pytest.raises(NoTrace):
            replayed(tmp_path, **{key: wrong})


def test_what_is_kept_to_the_end_has_a_bound(english: None, tmp_path: Path) -> None:
    began = ({**COMMON, "kind": "process_began", "pid": pid, "parent": 0, "daemon": False} for pid in range(1, 1 << 30))
    big = COMMON | {"kind": "finding", **finding(text="x" * (1 << 20))}
    with pytest.raises(NoTrace, match="too many"):
        read(written(tmp_path / "many.jsonl", *(next(began) for _ in range(ALIVE_LIMIT + 1))))
    with pytest.raises(NoTrace, match="too many"):
        read(written(tmp_path / "big.jsonl", *[big] * (FOUND_LIMIT // (1 << 20) + 1)))


def test_values_within_texts_do_not_count() -> None:
    assert value_of(json.dumps({"text": '[[,{"\\' * 600_000}).encode())
    with pytest.raises(Damaged):
        value_of(json.dumps({"text": ["\\"] * 600_000}).encode())


@pytest.mark.parametrize("shape", ["no end", "many lists", "a long header", "long texts", "a wide template"])
def test_memory_has_a_bound(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "trace.jsonl"
    head = json.dumps(HEADER).encode() + b"\n"
    with path.open("wb") as file:
        if shape == "no end":
            file.write(head)
            file.truncate(3 << 30)  # no block of it is on the disk
        elif shape == "many lists":
            file.write(head + b"[" + b"[]," * 5_000_000 + b"1]\n")
        elif shape == "a long header":
            file.write(head[:-2] + b"," + b" " * (60 << 20) + b"}\n")
        elif shape == "long texts":
            said = COMMON | {"kind": "printed", "text": "\U0001f600" + "x" * 1_000_000 + "\n", "stream": "stdout"}
            file.write(head + (json.dumps(said).encode() + b"\n") * 30 + json.dumps(VERDICT).encode() + b"\n")
        else:
            template = "{a:>1999999999}" * 1_000
            row = {"id": "x", "text": "x", "template": template, "figures": {"a": 1}, "holds": True}
            file.write(head + json.dumps(VERDICT | {"claims": [row]}).encode() + b"\n")
    told = tmp_path / "told"
    done = run("replay", path, "--view", "plain", module=("tests.fuzz.measured", told))
    assert done.returncode == (0 if shape in ("long texts", "a wide template") else 2)
    assert "Traceback" not in done.stderr
    assert 0 < int(told.read_text()) < MOST_BYTES


def test_a_closed_standard_input_is_no_fault() -> None:
    for arguments in ("replay {path} --view plain", "list", "", "explain M1", "tickets --users 2 --think 0 --look 0"):
        line = f"exec {sys.executable} -m procsim {arguments.format(path=RECORDINGS[0])} <&-"
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=600)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    for arguments in ("tickets --step", "replay /dev/fd/0"):
        line = f"exec {sys.executable} -m procsim {arguments} <&-"
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=600)
        assert done.returncode == 2
        assert done.stderr.startswith("procsim: ") and done.stderr.count("\n") == 1


# Fuzz --------------------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_damaged_recordings_are_replayed_or_refused() -> None:
    done = run(1_000, 150, 5, module=("tests.fuzz",))
    assert done.returncode == 0, done.stdout
    assert "150 replays" in done.stdout and "15 replays" in done.stdout
