"""Which process people mean: by its PID, or by a word that stands in the command line of exactly one program.

    word ──► processes that have it in their command lines ──► the programs that they belong to ──► the PID of one

A command and what it runs (`timeout 60 python work.py`) are one program, and so are a process and its children, which
have its command line, too. Nobody means procsim itself, nor the shell or the sudo that has started it.
"""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

import psutil

from procsim.attach.errors import CannotAttach
from procsim.errors import WrongUse
from procsim.harmless import harmless
from procsim.language import N_, _
from procsim.running import processes

_NUMBER = re.compile(r"-?[0-9]+")

NAMED = 4
"""So many programs that have the word are named."""

COMMAND_LIMIT = 60
"""Characters of a command line that is shown."""


class NoSuchProgram(CannotAttach):
    """No process has the word in its command line."""

    def __init__(self, word: str) -> None:
        words = _(
            "{word}: no process has that in its command line; give the PID, or a word that pgrep -af python shows"
        )
        super().__init__(words.format(word=word))


class Candidate(NamedTuple):
    """A process of the system."""

    pid: int
    parent: int
    command: str
    """Its command line, with blanks between the words; empty where there is none (a zombie, a thread of the kernel)."""
    runs_python: bool


def process_meant(word: str) -> int:
    """The PID that people mean: the number itself, or that of the one program that has the word in its command line.

    Whether there is a process with that number is not checked. Raises `NoSuchProgram`, `WrongUse`.
    """
    if _NUMBER.fullmatch(word):
        return int(word)
    if not word.strip():
        raise WrongUse(_("give a PID, or a word that stands in the command line of one program"))
    every = _all_processes()
    meant = programs_with(word, every, os.getpid())
    if not meant:
        raise NoSuchProgram(word)
    if len(meant) > 1:
        shown = _(", ").join(_named(every[pid]) for pid in meant[:NAMED])
        if len(meant) > NAMED:
            shown += " " + _("… and {count} more").format(count=len(meant) - NAMED)
        words = N_("{word}: stands in the command lines of {count} programs; give the PID of one: {programs}")
        raise WrongUse(_(words).format(word=word, count=len(meant), programs=shown))
    return meant[0]


def programs_with(word: str, every: Mapping[int, Candidate], own: int) -> list[int]:
    """The PIDs of the programs that have the word in a command line: of each, the first process that runs Python, or
    else the first of all. `every`: all processes by PID; `own`: procsim's.
    """
    ours = {own, *_ancestors(own, every)}
    having = {pid for pid, process in every.items() if word in process.command and pid not in ours}
    first = sorted(pid for pid in having if having.isdisjoint(_ancestors(pid, every)))
    return [_first_python(pid, having, every) for pid in first]


def _first_python(pid: int, having: set[int], every: Mapping[int, Candidate]) -> int:
    """Of a process and those below it that have the word, the uppermost that runs Python; the process itself, where
    none does.
    """
    below = [other for other in having if other == pid or pid in _ancestors(other, every)]
    pythons = [other for other in below if every[other].runs_python]
    return min(pythons, key=lambda other: (len(_ancestors(other, every)), other), default=pid)


def _ancestors(pid: int, every: Mapping[int, Candidate]) -> list[int]:
    """The parent of a process, its parent, and so on."""
    found: list[int] = []
    while (process := every.get(pid)) is not None and process.parent not in found and process.parent in every:
        pid = process.parent
        found.append(pid)
    return found


def _all_processes() -> dict[int, Candidate]:
    found = {}
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            command = " ".join(process.cmdline())
            found[pid] = Candidate(pid, processes.parent(pid), command, _runs_python(process))
        except (psutil.Error, OSError):
            continue  # it has just ended, or is hidden from us
    return found


def _runs_python(process: psutil.Process) -> bool:
    try:
        program = process.exe()
    except psutil.Error:
        program = ""
    name = os.path.basename(program or next(iter(process.cmdline()), ""))
    return name.startswith(("python", "pypy"))


def _named(process: Candidate) -> str:
    command = harmless(process.command)
    shown = command if len(command) <= COMMAND_LIMIT else command[: COMMAND_LIMIT - 1] + "…"
    return f"{process.pid} ({shown})"
