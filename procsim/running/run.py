"""A run: start the traced program, yield its events, end it. The only place that spawns and kills.

    program ──► buffers, EventQueue ──┐
    its stdout, stderr ───────────────┴─► drain (a thread, at all times) ──► arrivals ──┐
    its end ────────────────────────────────────────────────────────────────────────────┴─► batches of events

Whoever iterates over a Run gets a batch at least every TICK_SECONDS, an empty one where nothing happened.
"""

import contextlib
import errno
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

import psutil

from procsim.control.gatekeeper import Gatekeeper
from procsim.intake.decoder import Arrivals
from procsim.intake.drain import TICK_SECONDS, Drain
from procsim.intake.memory_reader import BufferReader
from procsim.language import _
from procsim.running.members import Ended, Members, exit_code, is_alive
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD
from procsim.wire.interpreter import kept_out
from procsim.wire.pipe import EventQueue, EventQueueReader
from procsim.wire.run_folder import Settings, environment, write_settings

LOOK_SECONDS = 0.5
"""Between two looks at the processes themselves: one that was killed cannot say that it ended, and its parent may not
have asked."""

ROLL_CALL_SHARE = 100
"""Between two looks at who belongs to the run there is a pause of so many times what a look takes: 1 % of a core."""

LEFT_BEHIND_GRACE_SECONDS = 1.0
"""What processes get to end by themselves when the main process is gone, and all that was said until then is drawn."""

LOUD_GRACE_SECONDS = 5.0
"""What they get where it is never drawn, since they say more than procsim can draw."""

SOCKET_PATH_BYTES = 103
"""The longest path of a socket (sun_path: 104 bytes on macOS, 108 on Linux, the last one is 0)."""

BELOW_ROOT_BYTES = len("/procsim-12345678/tmp/pymp-12345678/listener-12345678")

MAIN_NAME = "MainProcess"


class CannotStart(Exception):
    """The program could not be started; the text says why."""


@dataclass
class Order:
    """What is to be run, and how."""

    command: list[str]
    settings: Settings = field(default_factory=Settings)
    timeout: float | None = None
    """seconds after which the run is ended."""
    apart: bool = True
    """In a session of its own, without our terminal and standard input, and with a temporary folder that is removed
    afterwards. False: where and as it would run without procsim."""
    keyboard: bool = False
    """Whether our standard input is a keyboard whose keys are for us, and not for the program."""

    calls_start: bool = False
    """Whether it is to call `procsim.start`, by which its options reach it."""

    gate_closed: bool = False
    """Whether nobody may begin an operation before it is let."""

    @property
    def signals_are_passed_on(self) -> bool:
        """Whether the signals that come to us are for the program, which runs as it would without procsim."""
        return not self.apart and not self.keyboard


class Run:
    """One traced program, from its start to the end of its last process."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.exit_code: int | None = None
        self.timed_out = False
        self.ended: set[int] = set()
        """PIDs of the processes that had to be ended."""
        self.left_behind: list[int] = []
        """Those of them that main had left behind."""
        self._found_ended: dict[int, int] = {}
        """The exit codes of those who were seen to have ended before their parent has asked."""
        self._seen_gone: dict[int, tuple[int, int | None]] = {}
        """Who has ended without saying so: how often the pipes had been emptied when that was seen; its exit code."""
        self._stopping = False
        self._over = False
        self._started = 0
        self._pending: list[Event] = []
        self._alive: dict[int, str] = {}
        """The processes that have begun and of which nobody has said that they ended, with their names."""

    def __enter__(self) -> "Run":
        if sys.platform == "linux" and not os.path.exists("/proc/self"):
            raise CannotStart(_("/proc is not mounted here, by which procsim knows the processes of a run"))
        try:
            with contextlib.ExitStack() as undoing:
                self._start(undoing)
                self._leaving = undoing.pop_all()
        except OSError as error:
            raise CannotStart(_("the run cannot be started: {reason}").format(reason=error.strerror)) from error
        return self

    def _start(self, undoing: contextlib.ExitStack) -> None:
        """Start the program; `undoing` learns how to undo each thing that was begun for it."""
        self._folder = f"{_temporary_root()}/procsim-{secrets.token_hex(4)}"
        session = None if self.order.apart else os.getsid(0)
        # The guardian is there before the folder is, and after it has gone: we may be killed at any moment.
        self._lifeline, self._guardian = _start_guardian(self._folder, session)
        undoing.callback(self._end_guardian)
        os.mkdir(self._folder, 0o700)
        undoing.callback(shutil.rmtree, self._folder, ignore_errors=True)
        os.chmod(self._folder, 0o700)  # whatever the umask leaves of it
        self.members = Members(self._folder, session, self._tell_guardian)
        with contextlib.ExitStack() as until_started:
            writers = self._prepare(undoing, until_started)
            self._start_main(*writers or (None, None))

    def _prepare(self, undoing: contextlib.ExitStack, until_started: contextlib.ExitStack) -> list[int]:
        """Make what the program and procsim share. Returns the pipes for its standard output and error, if any."""
        order = self.order
        queue = EventQueue.create(f"{self._folder}/events")
        readers, writers = [], []
        for _number in range(2 if order.settings.take_output else 0):
            reader, writer = os.pipe()
            until_started.callback(os.close, writer)
            writers.append(writer)
            readers.append(undoing.enter_context(os.fdopen(reader, "rb", 0)))
        taken = tuple((status.st_dev, status.st_ino) for status in map(os.fstat, writers))
        write_settings(self._folder, order.settings._replace(procsim=os.getpid(), taken=taken))
        self.gate = Gatekeeper(self._folder, order.gate_closed)
        self._drain = Drain(EventQueueReader(queue), BufferReader(self._folder), readers)
        undoing.callback(self._drain.stop)
        # While we have the pipe open ourselves, its end does not come before the program has opened it.
        self._keep_open: int | None = os.open(queue.path, os.O_WRONLY | os.O_CLOEXEC)
        undoing.callback(self._close_keep_open)
        try:
            self._drain.start()
        except RuntimeError as error:  # "can't start new thread"
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
        return writers

    def _start_main(self, stdout: int | None, stderr: int | None) -> None:
        order = self.order
        variables = environment(self._folder, _given_environment())
        if order.apart:
            temporary = f"{self._folder}/tmp"
            os.mkdir(temporary)
            os.chmod(temporary, 0o700)
            variables |= {"TMPDIR": temporary, "PYTHONUNBUFFERED": "1"}
        started = time.monotonic_ns()
        try:
            self._main = subprocess.Popen(
                order.command,
                env=variables,
                stdin=subprocess.DEVNULL if order.apart or order.keyboard else None,
                stdout=stdout,
                stderr=stderr,
                start_new_session=order.apart,
                close_fds=order.apart,  # else it has what was given to us: `procsim watch script.py <(command)`
            )
        except OSError as error:
            raise CannotStart(f"{order.command[0]}: {error.strerror}") from error
        self._started = started
        self.members.add(self._main.pid, "main")
        self._arrivals = Arrivals(self._drain, started)
        self._pending.append(self.event("process_began", parent=os.getpid(), daemon=False)._replace(t=0))
        reason = kept_out(_with_interpreter(order.command), variables)
        if reason:
            self._pending.append(self.event("process_untraced", reason=reason))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._leaving:
            if not self._over:
                self._end()
            self._main.wait()

    def stop(self) -> None:
        """Have the run ended: the iteration yields what is still there, and ends. A signal handler may call this."""
        self._stopping = True

    def pass_on(self, number: int) -> None:
        """Give the main process a signal that came to us: what it does is its own affair. For a signal handler.

        Ctrl-C and Ctrl-\\ on a terminal have gone to the program as well as to us, and must not come to it twice.
        """
        if not self._started:
            self.stop()
        elif number not in (signal.SIGINT, signal.SIGQUIT) or not _in_foreground():
            self._main.send_signal(number)

    def __iter__(self) -> Iterator[list[Event]]:
        """Batches of events, until no process of the run is left."""
        main_seen_gone: int | None = None
        main_seen_gone_at = float("inf")
        main_gone_at: float | None = None
        deadline = time.monotonic() + self.order.timeout if self.order.timeout else None
        now = time.monotonic()
        next_look = next_roll_call = now + LOOK_SECONDS
        while True:
            batch, self._pending = self._pending, []
            ended = self._drain.ended()  # asked before taking: what comes before the end is not missed
            batch.extend(self._arrivals.take(0 if batch else TICK_SECONDS))
            if batch and self._keep_open is not None and self._drain.heard:
                self._close_keep_open()
            before, now = now, time.monotonic()
            self._drain.hurried = self.gate.closed or main_seen_gone is not None
            if deadline is not None and self.gate.closed:  # nobody moves by himself: time does not count
                deadline += now - before
            batch = self._follow(batch)
            if now >= next_look or self._seen_gone:
                next_look = now + LOOK_SECONDS
                batch.extend(self.unseen_deaths())
            if now >= next_roll_call:
                next_roll_call = now + max(LOOK_SECONDS, ROLL_CALL_SHARE * self._call_the_roll())
            yield batch
            if self._stopping:
                break
            if deadline is not None and now > deadline and self._main.poll() is None:
                self.timed_out = True
                break
            if main_seen_gone is None and self._main.poll() is not None:
                main_seen_gone, main_seen_gone_at = self._drain.emptied, now
            if main_seen_gone is not None and self._has_heard_since(main_seen_gone):
                if main_gone_at is None:
                    main_gone_at = now
                    self._close_keep_open()
                    self.exit_code = self._main.returncode
                    self._pending.append(self.event("process_ended", exit_code=self.exit_code))
                elif self._is_over(ended) or now - main_gone_at > LEFT_BEHIND_GRACE_SECONDS:
                    break
            elif now - main_seen_gone_at > LOUD_GRACE_SECONDS:
                break
        ending_began = self.now()
        left, detached = self._end()
        self._over = True
        if main_seen_gone is not None:
            self.left_behind = left
        # What they said before they ended is still on its way.
        self._drain.stop()
        last, self._pending = self._pending, []
        while self._arrivals.waiting():
            said = self._arrivals.take(0)  # batch by batch, since there may be a great many
            # What a program does while procsim ends it, one process after the other, is not its own doing any more.
            last.extend(event for event in said if event.t < ending_began or event.kind in ("process_ended", "printed"))
            self._follow(last)
            yield last
            last = []
        last.extend(self._arrivals.rest())
        if main_gone_at is None:
            self.exit_code = self._main.wait()
            last.append(self.event("process_ended", exit_code=self.exit_code))
        last = self._follow(last)
        last.extend(self.unseen_deaths())
        last.extend(self.event("process_detached", pid, self._alive.get(pid, name)) for pid, name in detached)
        yield last

    def has_caught_up(self) -> bool:
        """Whether all that the processes have said so far was yielded."""
        return not self._arrivals.waiting() and not self._pending

    def now(self) -> int:
        """ns since the start."""
        return time.monotonic_ns() - self._started

    def _has_heard_since(self, emptied: int) -> bool:
        """Whether all was yielded that was said before the pipes had been emptied so often."""
        # The round that was going on then may have begun before.
        heard = self._drain.emptied > emptied + 1 or not self._drain.is_alive()
        return heard and not self._arrivals.waiting()

    def _follow(self, batch: list[Event]) -> list[Event]:
        """Keep in mind who is alive, by what the processes say. Returns what is new of it."""
        told_twice = []
        for event in batch:
            if event.kind in ("process_began", "process_untraced"):
                self._alive[event.pid] = event.process
                self.members.add(event.pid)
                self._found_ended.pop(event.pid, None)
            elif event.kind == "process_ended":
                self._alive.pop(event.pid, None)
                self._drain.forget(event.pid)
                if self._found_ended.get(event.pid) == event.fields["exit_code"]:
                    told_twice.append(event)  # by a parent, after the end was found
        return [event for event in batch if event not in told_twice] if told_twice else batch

    def _is_over(self, ended: bool) -> bool:
        """Whether only those are left that are meant to go on; `ended`: nobody has our pipes open any more."""
        if not any(is_alive(pid) for pid in self._alive if pid != self._main.pid):
            return ended
        return self.members.are_detached(self.members.alive())

    def _call_the_roll(self) -> float:
        """Look who belongs to the run now. Returns the seconds of our own time that it took.

        So those are known who will not be recognized later: their parent ends, and their environment does not tell.
        """
        began = time.thread_time()
        self.members.alive(thorough=False)
        return time.thread_time() - began

    def _tell_guardian(self, line: str) -> None:
        with contextlib.suppress(OSError):  # it was killed, or is stopped
            os.write(self._lifeline, f"{line}\n".encode())

    def unseen_deaths(self) -> list[Event]:
        """Who has ended without anybody saying so. How, is known while its parent has not asked for it.

        Told of once all was yielded that it may have said itself: what is in the pipe now was said before.
        """
        gone = [pid for pid in self._alive if pid != self._main.pid and not is_alive(pid)]
        for pid in gone:
            self._drain.forget(pid)
        seen = {pid: (self._drain.emptied, exit_code(pid)) for pid in gone if pid not in self._seen_gone}
        self._seen_gone = {pid: self._seen_gone.get(pid) or seen[pid] for pid in gone}
        if not self.has_caught_up():
            return []
        deaths = [
            self.event("process_ended", pid, self._alive.pop(pid), exit_code=code)
            for pid, (emptied, code) in self._seen_gone.items()
            if self._over or self._has_heard_since(emptied)
        ]
        self._found_ended |= {death.pid: code for death in deaths if (code := death.fields["exit_code"]) is not None}
        return deaths

    def event(self, kind: str, pid: int | None = None, name: str = MAIN_NAME, **fields: object) -> Event:
        """An event of now that procsim itself tells: of main, or of another process."""
        return Event(kind, self.now(), self._main.pid if pid is None else pid, name, MAIN_THREAD, fields=fields)

    def _end(self) -> Ended:
        """End all who are still there, but for main's helpers and those who are meant to go on."""
        if self.gate.closed:
            self.gate.closed = False  # those who go on find it open
        found = self.members.end()
        self.ended.update(found.ended)
        return found._replace(ended=[pid for pid in found.ended if pid != self._main.pid])

    def _close_keep_open(self) -> None:
        if self._keep_open is not None:
            os.close(self._keep_open)
            self._keep_open = None

    def _end_guardian(self) -> None:
        self._guardian.kill()
        self._guardian.wait()
        os.close(self._lifeline)


def _with_interpreter(command: list[str]) -> list[str]:
    """The command that the system makes of this one, where it is a script whose first line names its interpreter."""
    try:
        with open(command[0], "rb") as file:
            first = file.readline(200)
    except OSError:
        return command
    words = [os.fsdecode(word) for word in first[2:].split()] if first.startswith(b"#!") else []
    if words and os.path.basename(words[0]) == "env":
        words = words[2 if words[1:2] == ["-S"] else 1 :]
    return [*words, *command]


def _given_environment() -> dict[str, str]:
    """The environment that we were given. In the C locale our own Python has put another LC_CTYPE there (PEP 538)."""
    variables = dict(os.environ)
    if "LC_CTYPE" in variables:
        given = psutil.Process().environ().get("LC_CTYPE")
        if given is None:
            del variables["LC_CTYPE"]
        else:
            variables["LC_CTYPE"] = given
    return variables


def _in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to the process group that we and the program are in."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _temporary_root() -> str:
    """Where the run's folder goes: its path must leave room for the sockets that multiprocessing makes below it."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) + BELOW_ROOT_BYTES <= SOCKET_PATH_BYTES else "/tmp"


def _start_guardian(folder: str, session: int | None) -> tuple[int, "subprocess.Popen[bytes]"]:
    """Start the guardian; returns the descriptor by which it hears from us, and its process."""
    from procsim.running import guardian

    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        process = subprocess.Popen(
            [sys.executable, "-E", guardian.__file__, folder, *([] if session is None else [str(session)])],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=variables,
            start_new_session=True,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return ours, process
