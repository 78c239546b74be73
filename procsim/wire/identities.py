"""How the processes, threads and objects of a run are told apart, in each process of it and in procsim.

- A process by its PID. The system uses PIDs again: one that has ended and comes again under another name is another
  process (`state/identities.py`).
- A thread by its PID and its name, which the tracer makes its own where two threads of a process have the same name.
- An object by a number, its identity, which is the same in each process that has the object:

  ========================================  =============================================================
  a lock, queue, event, barrier or pool     under spawn and forkserver the name of a semaphore inside; under
                                            fork a new number, as an attribute, which the fork copies
  one end of a pipe                         the inode of the pipe, and whether the end is for reading
  a file                                    its device and inode
  a Value or an Array                       the file that its memory maps, and where in it
  an object in a manager                    the manager's address, and its number there
  what is not there                         the end of its path
  ========================================  =============================================================

  A semaphore's name is used, and not a fifth element of the pickled state of a lock: a child that is not traced
  (`python -I` with a cleared environment) could not unpickle five elements.

Names of objects are for people: the variable that the object was first assigned to. They are unique within a run
(`state/identities.py`).
"""

import os

MAIN_THREAD = "MainThread"


def new_object(pid: int, number: int) -> int:
    """The identity of the `number`-th object that this process makes."""
    return pid << 32 | number


def semaphore(name: str) -> int:
    """The identity of a lock with a semaphore of that name, such as "/mp-k3_x91ab"."""
    return int.from_bytes(name[-8:].encode(), "big")


def pipe_end(inode: int, readable: bool) -> int:
    """The identity of one end of a pipe. Both ends of a one-way pipe have its inode; the lowest bit differs.

    `readable`: whether it is for reading, or for both, as each end of a two-way pipe (a socket) is.
    """
    return inode << 1 | readable


def inode_of(pipe_end: int) -> int:
    """The inode of an end of a pipe."""
    return pipe_end >> 1


def file(device: int, inode: int) -> int:
    """The identity of a regular file. The highest bit tells it from a lock or a queue."""
    return (inode ^ device << 40) & (1 << 63) - 1 | 1 << 63


def memory(device: int, inode: int, start: int) -> int:
    """The identity of shared memory that begins at byte `start` of a file that is mapped. It has more than 64 bits, as
    no other object but a referent has."""
    return file(device, inode) << 40 | start


def referent(address: str, number: int) -> int:
    """The identity of an object in the manager with this address, such as "…/listener-k3_x91ab", or with a port at its
    end; `number`: under which the manager knows the object."""
    return int.from_bytes(address.encode()[-8:], "big") << 64 | number & (1 << 64) - 1


def path(name: str) -> int:
    """The identity of what is missing at this path. The highest bit tells it from all else."""
    return int.from_bytes(os.fsencode(name)[-_PATH_BYTES:], "big") | 1 << 8 * _PATH_BYTES


_PATH_BYTES = 32


def as_text(identity: int) -> str:
    """The identity of an object as recordings have it."""
    return f"{identity:x}"


def from_text(text: str) -> int:
    """The identity that `as_text` wrote. Raises `ValueError`, or `TypeError` where it is no text."""
    return int(text, 16)
