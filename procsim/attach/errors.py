"""Why a running program cannot be looked at: each ends the command in one line, with exit code 2."""

from procsim.attach.refusal import refusal_words, refused
from procsim.errors import ProcsimError
from procsim.language import _


class CannotAttach(ProcsimError):
    """This process cannot be looked at."""


class NoSuchProcess(CannotAttach):
    """There is no process with this PID, or it has just ended."""

    def __init__(self, pid: int) -> None:
        super().__init__(_("there is no process with the PID {pid}").format(pid=pid))
        self.pid = pid


class HasEnded(CannotAttach):
    """The process has ended, and its parent has not asked for its exit code yet: nothing of it is left to look at."""

    def __init__(self, pid: int) -> None:
        super().__init__(
            _("process {pid} has ended; its parent has not asked for its exit code yet (a zombie)").format(pid=pid)
        )
        self.pid = pid


class NotPermitted(CannotAttach):
    """The system refuses to show the memory of this process, or what its threads wait for."""

    def __init__(self, pid: int) -> None:
        super().__init__(refusal_words(refused(pid)))
        self.pid = pid


class InAnotherNamespace(CannotAttach):
    """The process is in a PID namespace of its own, where it and all that it knows of have other numbers."""

    def __init__(self, pid: int, inside: int) -> None:
        words = _(
            "process {pid} is in another PID namespace, such as a container, where its PID is {inside}:"
            " run procsim attach {inside} in there"
        )
        super().__init__(words.format(pid=pid, inside=inside))


class OfTheKernel(CannotAttach):
    """There is a process with this PID, which runs no program: a thread of the kernel."""

    def __init__(self, pid: int) -> None:
        super().__init__(_("process {pid} is a thread of the kernel: it runs no program").format(pid=pid))


class NotThisSystem(CannotAttach):
    """Only Linux shows what a thread waits for, and its system calls have to be known for this kind of machine."""

    def __init__(self) -> None:
        super().__init__(_("a running program can only be looked at on Linux, on x86-64 or aarch64"))
