"""One look at a running program: what its processes wait for, what they hold, and which objects they share.

    PID ──► system (who belongs to it) ──► memory of each (`python`) ──► what all of them have in common ──► Look

Nothing is stopped, started or written. A process that runs no Python, or one that we cannot read, is still seen as the
system shows it.
"""

import platform
from collections.abc import Iterable
from dataclasses import dataclass, replace

from procsim.attach import system
from procsim.attach.errors import CannotAttach, NoSuchProcess, NotPermitted
from procsim.attach.file_locks import with_file_locks
from procsim.attach.frames import thread_number
from procsim.attach.interpreter import UnknownPython, interpreter_of
from procsim.attach.look import File, Hold, Look, SeenObject, SeenProcess, SeenThread, SeenWait, Unseen
from procsim.attach.memory import Memory
from procsim.attach.namespace import number_inside
from procsim.attach.python import INTERRUPT, Python
from procsim.attach.scan import Scan
from procsim.attach.semaphores import Semaphores, SemLock, identity_of
from procsim.attach.shared import LOCKS
from procsim.attach.system import SystemProcess
from procsim.diagnosis import sockets
from procsim.diagnosis.snapshot import ends_of, open_outside
from procsim.wire.identities import MAIN_THREAD
from procsim.wire.interpreter import command_name

_AT_A_FUTEX = ("shared", "inner", "timed")


def take_look(pid: int, only: bool = False, values: bool = False) -> Look:
    """One look at the program that this process belongs to. `only`: at this process alone; `values`: with the values of
    variables.

    Raises `CannotAttach` where the process itself cannot be looked at; of others, `Look.unseen` says why.
    """
    system.check(pid)
    main = pid if only else system.main_of(pid)
    peers = sockets.peers()
    found: dict[int, SeenProcess] = {}
    others = system.family(system.main_of(pid)) if only else ()
    unseen = [Unseen(each, "left_out") for each in others if each != pid]
    todo = [pid] if only else system.family(main)
    while todo:
        for each in todo:
            if number_inside(each) is not None:
                unseen.append(Unseen(each, "namespace"))
                continue
            try:
                process = _seen(each, peers, values)
            except NotPermitted:
                if each == pid:
                    raise
                unseen.append(Unseen(each, "not_permitted"))
                continue
            if process is not None:
                found[each] = process
        known = found.keys() | {each.pid for each in unseen}
        todo = [] if only else list(system.others_with(_semaphores_waited_for(found.values()), set(known)))
    if pid not in found:
        raise NoSuchProcess(pid)
    found = with_file_locks(_with_rest(found))
    t = system.age_ns(found.get(main, found[pid]).birth)
    inodes = _waited_for(found.values(), peers)
    if inodes:
        found = {each: _with_ends(process, inodes) for each, process in found.items()}
    outside = open_outside(inodes, found) if inodes else frozenset()
    return Look(pid, main, t, found, tuple(unseen), outside, peers)


def _waited_for(seen: Iterable[SeenProcess], peers: dict[int, int]) -> set[int]:
    """The inodes of the pipes and sockets that a thread waits for, so that it matters who has them open."""
    threads = [thread for process in seen for thread in process.threads.values()]
    inodes = {end.inode for thread in threads if thread.blocked is not None for end in thread.blocked.ends}
    objects = {thread.wait.object for thread in threads if thread.wait is not None}
    pipes = {thing.pipe for process in seen for thing in process.objects if thing.pipe and thing.identity in objects}
    return inodes | pipes | {peers[inode] for inode in inodes if inode in peers}


def _with_ends(process: SeenProcess, inodes: set[int]) -> SeenProcess:
    """The process, with what it has open of these pipes and sockets."""
    try:
        ends = frozenset(ends_of(str(process.pid), inodes).values())
    except OSError:  # it has just ended
        return process
    return replace(process, ends=ends) if system.birth_of(process.pid) == process.birth else process


def _with_rest(seen: dict[int, SeenProcess]) -> dict[int, SeenProcess]:
    """The processes, with what they have of semaphores that threads wait for and that no variable has led to."""
    threads = [thread for process in seen.values() for thread in process.threads.values()]
    wanted = {thread.semaphore for thread in threads if thread.semaphore is not None}
    scan = Scan()
    found = {}
    for pid, process in seen.items():
        missing = wanted & process.unread
        found[pid] = _scanned(process, missing, scan) if missing and process.python else process
    known = {thing.semaphore for process in found.values() for thing in process.objects}
    inner = {file for process in found.values() for file in process.inner}
    plain = wanted - inner - known
    objects = {file: _plain_object(file, found.values()) for file in plain}
    locks = {thing.semaphore: thing for process in found.values() for thing in process.objects} | objects
    return {pid: _with_locks(process, objects, locks) for pid, process in found.items()}


def _scanned(process: SeenProcess, wanted: set[File], scan: Scan) -> SeenProcess:
    try:
        with Memory(process.pid) as memory:
            interpreter = interpreter_of(memory)
            if interpreter is None:
                return process
            found, whole = scan.semlocks(memory, interpreter, Semaphores(memory), wanted)
            holds = tuple(
                _hold(memory, semlock, set(process.threads)) for semlock in found.values() if semlock.acquired
            )
    except (CannotAttach, UnknownPython):
        return process
    if system.birth_of(process.pid) != process.birth:
        return process
    limits = {
        file: replace(process.semaphores[file], limit=each.limit, recursive=each.recursive)
        for file, each in found.items()
    }
    return replace(
        process,
        holds=process.holds + holds,
        semaphores=process.semaphores | limits,
        unread=process.unread - (wanted if whole else found.keys()),
    )


def _hold(memory: Memory, semlock: SemLock, numbers: set[int]) -> Hold:
    number = thread_number(memory, semlock.ident, numbers, platform.machine()) if semlock.acquired > 0 else 0
    return Hold(semlock.semaphore, semlock.acquired, number)


def _plain_object(file: File, seen: Iterable[SeenProcess]) -> SeenObject:
    """A lock of which no more is known than its semaphore."""
    known = [each for process in seen if (each := process.semaphores.get(file)) is not None]
    best = max(known, key=lambda each: each.limit)
    kind = "RLock" if best.recursive else "Lock" if best.limit == 1 else "Semaphore"
    name = "" if best.limit else "a lock or semaphore"  # of processes that cannot be read
    return SeenObject(identity_of(file), kind, name, semaphore=file)


def _with_locks(
    process: SeenProcess, added: dict[File, SeenObject], locks: dict[File | None, SeenObject]
) -> SeenProcess:
    """The process, with the locks that were found in the end, and the waits for locks that its calls do not show."""
    threads = {
        number: replace(thread, wait=SeenWait("lock_waiting", locks[thread.semaphore].identity, at=thread.place))
        if thread.wait is None and thread.semaphore in locks and locks[thread.semaphore].type in LOCKS
        else thread
        for number, thread in process.threads.items()
    }
    own = tuple(thing for file, thing in added.items() if file in process.semaphores)
    return replace(process, threads=threads, objects=process.objects + own)


def _semaphores_waited_for(seen: Iterable[SeenProcess]) -> set[File]:
    """The semaphores that threads wait for."""
    threads = (thread for process in seen for thread in process.threads.values())
    return {thread.semaphore for thread in threads if thread.semaphore is not None}


def _seen(pid: int, peers: dict[int, int], values: bool) -> SeenProcess | None:
    """One process; None: it has just gone. Raises `NotPermitted`."""
    process = system.system_process(pid)
    if process is None:
        return None
    if process.ended:
        return SeenProcess(pid, process.parent, process.birth, "", {}, ended=True, exit_code=process.exit_code)
    try:
        with Memory(pid) as memory:
            seen = _Reader(process, memory, peers, values).read()
    except NoSuchProcess:
        return None
    return seen if system.birth_of(pid) == process.birth else None  # another one may have its PID by now


@dataclass
class _Reader:
    """Reads one process."""

    process: SystemProcess
    memory: Memory
    peers: dict[int, int]
    """The other end of each connected socket."""
    values: bool
    """Whether the values of variables are wanted."""

    def read(self) -> SeenProcess:
        self.semaphores = Semaphores(self.memory)
        seen = self._by_system()
        if self.process.narrow:
            return replace(seen, gap="32_bit")
        try:
            interpreter = interpreter_of(self.memory)
        except UnknownPython as error:
            return replace(seen, gap=str(error))
        if interpreter is None and system.runs_python(self.process):
            return replace(seen, gap="build")
        if interpreter is None:
            return replace(seen, gap="no_python")
        return Python(self.process, self.semaphores, interpreter, self.peers, self.values).added_to(seen)

    def _by_system(self) -> SeenProcess:
        process = self.process
        return SeenProcess(
            process.pid,
            process.parent,
            process.birth,
            "",
            {number: self._thread(number) for number in process.threads},
            command=command_name(process.command) if process.command else "",
            ignored=process.ignored,
            caught=process.caught,
            handles_interrupts=bool(process.caught & INTERRUPT),  # until Python's own handler is found
            was_forked=system.was_forked(process),
            stopped=process.stopped,
            debugger=process.debugger,
            is_forkserver=process.is_helper("forkserver"),
            is_tracker=process.is_helper("resource_tracker"),
            semaphores=self.semaphores.seen({}),
            unread=frozenset(self.semaphores.files),
        )

    def _thread(self, number: int) -> SeenThread:
        process = self.process
        blocked = process.threads[number]
        semaphore = None
        if blocked is not None and blocked.how in _AT_A_FUTEX:
            semaphore = self.semaphores.at(system.futex_of(process.pid, number))
        name = MAIN_THREAD if number == process.pid else f"thread {number}"
        birth, count = process.births.get(number, 0), process.counts.get(number, -1)
        return SeenThread(number, name, blocked, count, semaphore, birth=birth)
