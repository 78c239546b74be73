"""The gate of a program that is explored: what a thread and the explorer say to each other.

Each thread has a connection of its own to the explorer (a Unix socket that keeps messages apart), and its end tells
that the thread has ended. A message of a thread is a marshalled tuple: one of the words below, and what belongs to it.
The explorer answers with one byte, and only where a thread waits for it.
"""

FILE_NAME = "explorer"
"""The socket, in the folder of the run."""

HERE = "here"
"""A thread exists: its name, that of its process, its PID."""
AT_GATE = "at gate"
"""It is about to begin an operation, and waits for GO: kind, identity of the object, line, what it is about, whether it
gives up where it cannot be done at once, and what else touches it needs (see `tracer.explored.ask`)."""
ASLEEP = "asleep"
"""It waits to be notified, for AWAKE or TIME_UP: identity of the condition, that by which
people know it, line, whether its time may be up."""
NOTIFIES = "notifies"
"""It wakes one of those who are asleep in a condition: its identity."""
LEFT = "left"
"""A signal handler of the program has raised while it waited: it does not begin the operation."""
EXPECT = "expect"
"""It is about to make a thread or process of this name, which then moves, too."""
SERVES = "serves"
"""It is a manager's: from now on it does what others ask it for, within their steps."""
HELPS = "helps"
"""It is a thread of multiprocessing's own, which has come to the gate once: nobody waits for what it does next."""
FORBIDDEN = "forbidden"
"""It was stopped before it did something outside: what, of what, line. It waits for ever."""

LOOKED = "looked"
"""The answer to LOOK: whether it could begin its operation without waiting. It stays at the gate."""

NOT_YET = "not yet"
"""At the end of AT_GATE: the explorer was wrong, and the operation cannot be done now. `gate_words.WOKEN` stands there
where a lock is acquired by who was woken in its condition."""

THROUGH_MANAGER = "through a manager"
"""At the end of AT_GATE: a manager is asked to do it."""

FORK, END = b"f", b"e"
"""To the zygote. FORK is followed by a marshalled dict: `folder`, for temporary files; `seed`. It answers with the PID
of the main process, ("ended", exit code) when that has ended, and, after END, "over" when nobody is left."""

GO, AWAKE, TIME_UP = b"g", b"a", b"t"
LOOK = b"l"
"""To a thread at the gate: it is to look, and to answer LOOKED."""

MESSAGE_LIMIT = 1 << 14
"""Bytes of a message."""
