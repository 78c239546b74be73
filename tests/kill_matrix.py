"""Signals at random moments to every process of a run: `python -m tests.kill_matrix [COUNT] [SEED]`.

Each shot runs one of COMMANDS in a house of its own, sends a signal to procsim, its guardian, its keeper, main or a
child, sees to it that the run comes to its end, and looks for what is left: processes, files, semaphores, a terminal
that is not as it was. Shot number n of seed S is the only one of `python -m tests.kill_matrix 1 S+n`.

Left out: SIGKILL to procsim and to its guardian, or to procsim and its keeper. After that nobody is left to clean up.
"""

import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pexpect
import psutil

from procsim.running import guardian
from procsim.running.processes import is_alive
from procsim.views.live import keeper
from tests.integration.conftest import PROGRAMS, House
from tests.integration.terminal import Terminal

PATIENCE_SECONDS = 60
AT_ONCE = 4
"""Shots that are made beside each other, each by a process in a session of its own."""

COUNT, SEED = 200, 0

PIPE, SCREEN = "pipe", "screen"
TICKETS = ("tickets", "--users", "5", "--think", "0.5")
LONG = ("run", str(PROGRAMS / "long_run.py"))
MANY = (*LONG, "--people", "200")
HEALTHY = ("watch", str(PROGRAMS / "healthy" / "sleeping_holder.py"))
HANGS = ("watch", "--on-hang", "wait", str(PROGRAMS / "hangs" / "lock_cycle.py"))
HANGS_STOP = ("watch", "--on-hang", "stop", str(PROGRAMS / "hangs" / "get_two_consumers.py"))
STUBBORN = ("watch", str(PROGRAMS / "stubborn.py"))
FORKS_ON = ("watch", str(PROGRAMS / "forks_on.py"))


WITHOUT = "echo ready; read answer; exec {procsim}"
WITH = "echo ready; read answer; {procsim}; echo at the shell; read answer"


class Command(NamedTuple):
    """What is run, and where."""

    words: tuple[str, ...]
    place: str
    """On a terminal (SCREEN), or with its output into a file (PIPE)."""
    weight: int = 2
    keys: str = ""
    """What is pressed as soon as it has taken the screen."""


COMMANDS = {
    "lesson, plain": Command((*TICKETS, "--view", "plain"), PIPE),
    "lesson, json": Command((*TICKETS, "--view", "json"), PIPE),
    "lesson, spawn": Command((*TICKETS, "--view", "json", "--start-method", "spawn"), PIPE),
    "lesson, forkserver": Command((*TICKETS, "--view", "json", "--start-method", "forkserver"), PIPE),
    "lesson, live": Command(TICKETS, SCREEN, 4),
    "lesson, stepped": Command((*TICKETS, "--step"), SCREEN),
    "lesson, compared": Command((*TICKETS, "--compare"), SCREEN, 1),
    "run, plain": Command((*LONG, "--view", "plain"), PIPE),
    "run, json": Command((*LONG, "--view", "json"), PIPE),
    "run, live": Command(LONG, SCREEN),
    "run of 200, json": Command((*MANY, "--view", "json"), PIPE, 1),
    "healthy, plain": Command((*HEALTHY[:1], "--view", "plain", *HEALTHY[1:]), PIPE),
    "healthy, json": Command((*HEALTHY[:1], "--view", "json", *HEALTHY[1:]), PIPE),
    "healthy, live": Command(HEALTHY, SCREEN),
    "hangs, plain": Command((*HANGS[:1], "--view", "plain", *HANGS[1:]), PIPE),
    "hangs, json": Command((*HANGS_STOP[:1], "--view", "json", *HANGS_STOP[1:]), PIPE),
    "hangs, live": Command(HANGS, SCREEN),
    "stubborn, plain": Command((*STUBBORN[:1], "--view", "plain", *STUBBORN[1:]), PIPE),
    "stubborn, live": Command(STUBBORN, SCREEN, 1),
    "forks on, json": Command((*FORKS_ON[:1], "--view", "json", *FORKS_ON[1:]), PIPE),
    "forks on, live": Command(FORKS_ON, SCREEN, 1),
    "replay": Command(("replay", "{recording}", "--speed", "0.1"), SCREEN, 3),
    "menu": Command((), SCREEN, 2),
    "menu, a run": Command((), SCREEN, 4, "\x1b[B\x1b[B\r"),
    "menu, a page": Command((), SCREEN, 1, "e"),
}

PROCSIM, GUARDIAN, KEEPER, MAIN, CHILD, MENU = "procsim", "guardian", "keeper", "main", "child", "menu"
GROUP = "group"
"""procsim and all that the shell would end with it: a run of the menu, a program that is watched."""
HANGUP = "the terminal is closed"
SHOTS: list[tuple[str, ...]] = [
    ("SIGINT",),
    ("SIGTERM",),
    ("SIGHUP",),
    ("SIGKILL",),
    ("SIGKILL",),
    ("SIGQUIT",),
    ("SIGSTOP", "SIGCONT"),
    ("SIGSTOP", "SIGKILL"),
    ("SIGSTOP", "SIGTERM", "SIGCONT"),
    (HANGUP,),
]
DEADLY = {"SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGQUIT", HANGUP}
WATCHERS = {MENU, PROCSIM, GROUP}


class Process(NamedTuple):
    """A process of the house."""

    pid: int
    parent: int
    words: list[str]


def processes(house: House) -> dict[int, Process]:
    """All that have the house as their TMPDIR, or a folder in it; no zombies, and not the shell."""
    mark = f"\0TMPDIR={house.folder}".encode()
    found = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if mark not in b"\0" + Path(f"/proc/{name}/environ").read_bytes():
                continue
            state, parent, *_ = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
            words = Path(f"/proc/{name}/cmdline").read_bytes().decode(errors="replace").split("\0")
            if state not in b"ZX" and words[:2] != ["/bin/sh", "-m"]:
                found[int(name)] = Process(int(name), int(parent), words)
    return found


def roles(house: House) -> dict[str, list[int]]:
    """The PIDs by what the processes do."""
    found: dict[str, list[int]] = {}
    there = processes(house)
    ours = {pid for pid, process in there.items() if process.words[1:3] in (["-m", "procsim"], ["-P", "-m"])}
    for pid, process in there.items():
        scripts = [word for word in process.words if word in (guardian.__file__, keeper.__file__)]
        if scripts:
            role = GUARDIAN if scripts == [guardian.__file__] else KEEPER
        elif pid in ours:
            role = MENU if process.words[3:] == [""] else PROCSIM
        else:
            role = MAIN if process.parent in ours else CHILD
        found.setdefault(role, []).append(pid)
    return found


class Shot:
    """One command, one signal (or two), and what is left then."""

    def __init__(self, seed: int, recording: Path) -> None:
        self.random = random.Random(seed)
        self.name = self.random.choices(list(COMMANDS), [command.weight for command in COMMANDS.values()])[0]
        self.command = COMMANDS[self.name]
        self.words = [word.format(recording=recording) for word in self.command.words]
        on_screen = self.command.place == SCREEN
        self.exec = self.random.random() < 0.5
        """Whether there is no shell between the terminal and procsim."""
        watcher = MENU if self.name.startswith("menu") else PROCSIM
        targets = [watcher, watcher, watcher, GROUP, *([KEEPER] if on_screen else [])]
        if self.name != "replay" and self.name not in ("menu", "menu, a page"):
            targets += [GUARDIAN, MAIN, MAIN, CHILD]
        targets += [PROCSIM] * 3 if self.name == "menu, a run" else []
        self.target = self.random.choice(targets)
        signals = [shot for shot in SHOTS if shot != (HANGUP,) or (on_screen and self.target == watcher and self.exec)]
        self.signals = self.random.choice(signals)
        later = {KEEPER: [KEEPER, MAIN], GUARDIAN: [GUARDIAN, MAIN], MAIN: [MAIN, CHILD], CHILD: [CHILD]}
        early = ["start", MAIN, CHILD] if len(targets) > 4 and self.name != "menu, a run" else ["start", self.target]
        self.anchor = self.random.choice(later.get(self.target, early))
        self.delay = self.random.choice([0.003, 0.05, 0.3, 1.5]) * self.random.random()
        self.finish = self.random.choice(["SIGTERM", "SIGKILL", "SIGINT"])
        self.faults: list[str] = []

    def __str__(self) -> str:
        moment = f"{self.delay:.3f} s after {'the start' if self.anchor == 'start' else self.anchor}"
        return f"{self.name}: {' '.join(self.signals)} to {self.target} {moment}"

    def fire(self) -> list[str]:
        """Do it. Returns what is wrong then."""
        with tempfile.TemporaryDirectory(prefix="house-", dir="/tmp") as folder, tempfile.TemporaryFile() as output:
            house = House(Path(folder))
            if self.command.place == PIPE:
                self.terminal = None
                self.process = house.start(*self.words, stdout=output, stderr=output, start_new_session=True)
                self.pid = self.process.pid
            else:
                self.terminal = Terminal(house, *self.words, shell=WITHOUT if self.exec else WITH)
                self.terminal.wait_for("ready")
                self.before = self.terminal.settings()
                self.terminal.press("\n")
                self.pid = self.terminal.child.pid
                if not self.exec:
                    self._wait(lambda: psutil.Process(self.pid).children())
                    self.pid = psutil.Process(self.pid).children()[0].pid
            try:
                self._shoot(house)
                self._finish(house)
                self._look(house)
            finally:
                for pid in processes(house):
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                if self.terminal is None:
                    self.process.wait()
                else:
                    self.terminal.close()
            if self.terminal is None:
                output.seek(0)
                self._look_at(output.read().decode(errors="replace"))
        return self.faults

    def _shoot(self, house: House) -> None:
        if self.command.keys and self.terminal is not None:
            self._wait(lambda: not self.terminal.is_given_back() or self._has_ended())  # type: ignore[union-attr]
            self.terminal.press(*self.command.keys)
        if self.anchor != "start":
            self._wait(lambda: roles(house).get(self.anchor) or self._has_ended())
        time.sleep(self.delay)
        self.hit: list[int] = []
        for number, name in enumerate(self.signals):
            if number:
                time.sleep(self.random.choice([0.0, 0.1, 1.0]) * self.random.random())
            if name == HANGUP:
                assert self.terminal is not None
                with contextlib.suppress(pexpect.ExceptionPexpect):  # it does not wait long for the end
                    self.terminal.child.close(force=False)
                self.terminal.child.closed = True
                return
            if not self.hit:
                self.hit = self._aimed_at(house)
            for pid in self.hit:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, getattr(signal, name))

    def _aimed_at(self, house: House) -> list[int]:
        if self.target in WATCHERS and not self._at_a_run_of_the_menu():
            return [] if self._has_ended() else [-self.pid if self.target == GROUP else self.pid]
        there = sorted(roles(house).get(self.target, []))
        return [self.random.choice(there)] if there else []

    def _at_a_run_of_the_menu(self) -> bool:
        """Whether what is hit has another procsim above it, which goes on."""
        return self.target == PROCSIM and self.name.startswith("menu")

    def _has_ended(self) -> bool:
        if self.terminal is not None:
            child = self.terminal.child
            return not is_alive(self.pid) if not self.exec else child.closed or not child.isalive()
        return self.process.poll() is not None

    def _finish(self, house: House) -> None:
        """Have the run come to its end where the signal was not to do that."""
        killed = bool(DEADLY & set(self.signals)) and self.target in WATCHERS and not self._at_a_run_of_the_menu()
        if killed and ("SIGKILL" in self.signals or HANGUP in self.signals):
            return
        time.sleep(self.random.random())
        name = self.finish
        if self.target in (GUARDIAN, KEEPER) and name == "SIGKILL":
            name = "SIGTERM"  # else nobody is left to clean up
        if not self._has_ended() and not (killed and name == "SIGKILL"):
            stopped = "SIGSTOP" in self.signals and not self.exec  # the shell has the terminal, and nobody types `fg`
            for each in ("SIGTERM" if stopped and name == "SIGINT" else name, *(["SIGCONT"] if stopped else [])):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, getattr(signal, each))
        self._finish_politely(house)

    def _finish_politely(self, house: House) -> None:
        """Where the program has what procsim was told (`watch`), and takes no notice, main is killed."""
        deadline = time.monotonic() + 5
        self._wait(lambda: self._has_ended() or time.monotonic() > deadline)
        if self._has_ended():
            return
        if self.words[:1] == ["watch"] and self.terminal is None:
            for pid in roles(house).get(MAIN, []):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        elif self.terminal is not None:
            self.terminal.press("q", "q")

    def _wait(self, condition: Callable[[], Any]) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                return False
            if self.terminal is not None and not self.terminal.child.closed:
                self.terminal.rows()
            time.sleep(0.02)
        return True

    def _look(self, house: House) -> None:
        if not self._wait(self._has_ended):
            self.faults.append("procsim has not ended")
        if not self._wait(lambda: not processes(house)):
            self.faults.append(f"left: {[(role, pids) for role, pids in roles(house).items()]}")
        elif not self._wait(lambda: not list(house.folder.iterdir())):
            self.faults.append(f"files: {[path.name for path in house.folder.rglob('*')]}")
        if not self._wait(lambda: not (house._semaphores() - house._shared_memory) - _mapped()):
            self.faults.append(f"semaphores, perhaps not ours: {house._semaphores() - house._shared_memory}")
        if self.terminal is not None and not self.terminal.child.closed:
            if not self._wait(lambda: self.terminal.settings() == self.before):  # type: ignore[union-attr]
                self.faults.append(f"the terminal's settings are others: {self.terminal.settings()}, {self.before}")
            if not self._wait(self.terminal.is_given_back):
                self.faults.append("the full screen or a hidden cursor is left")
            self._look_at("\n".join(self.terminal.rows()))

    def _look_at(self, output: str) -> None:
        """A traceback of ours is none of the program's."""
        if "procsim itself has failed" in output or ("Traceback" in output and "procsim/cli.py" in output):
            self.faults.append(f"a traceback: {output[-1500:]}")


def _mapped() -> set[str]:
    """The semaphores that somebody uses."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            lines = path.read_text(errors="replace").splitlines()
            found |= {line.rpartition("/")[2] for line in lines if "/sem.mp-" in line}
    return found


def fire(seed: int, recording: Path) -> tuple[int, str, str, str, list[str]]:
    """One shot: its seed, what it was, at whom, by what, and what is wrong."""
    shot = Shot(seed, recording)
    try:
        faults = shot.fire()
    except Exception as error:
        faults = [f"the shot itself has failed: {error!r}"]
    return seed, str(shot), shot.target, " ".join(shot.signals), faults


def prepare() -> None:
    """A session of its own, and no signal ignored that somebody has had ignored before us."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)


def main(count: int, seed: int) -> int:
    """Make so many shots; 1 where one of them has left something."""
    failed, targets = 0, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="matrix-", dir="/tmp") as folder, House.opened() as house:
        recording = Path(folder) / "recording.jsonl"
        house.run(*TICKETS, "--record", recording)
        with ProcessPoolExecutor(AT_ONCE, get_context("fork"), prepare) as pool:
            shots = [pool.submit(fire, seed + number, recording) for number in range(count)]
            for each in shots:
                number, words, target, signals, faults = each.result()
                targets[f"{signals} to {target}"] += 1
                for fault in faults:
                    print(f"FAULT: {words}: {fault}\n    python -m tests.kill_matrix 1 {number}", flush=True)
                failed += bool(faults)
    print("; ".join(f"{name}: {times}" for name, times in sorted(targets.items())))
    print(f"{count} shots, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(*[int(word) for word in sys.argv[1:]] + [COUNT, SEED][len(sys.argv) - 1 :]))
