"""What a new process is given is gone before it has begun; what it is, and how it goes, the arguments say."""

import contextlib
import sys
from multiprocessing import Condition, Event, JoinableQueue, Lock, Pipe, Process, Queue, Semaphore, SimpleQueue, Value
from multiprocessing.util import Finalize

KINDS = {kind.__name__: kind for kind in (Condition, Event, JoinableQueue, Lock, Queue, Semaphore, SimpleQueue)}


class Late:
    """Stands before what is given: a new process unpacks both when main has closed the other end."""

    def __init__(self, reader):
        self.reader = reader

    def __reduce__(self):
        return wait_for_the_end, (self.reader,)


def wait_for_the_end(reader):
    with contextlib.suppress(EOFError):
        reader.recv_bytes()


def work(_late, given):
    print(type(given).__name__)


def start(kind, late):
    given = Value("i") if kind == "Value" else KINDS[kind]()  # made
    for _ in range(2):
        Process(target=work, args=(late, given)).start()  # starts


def main(how, kind):
    reader, writer = Pipe(duplex=False)
    late = Late(reader)
    if how == "returns":
        Finalize(None, writer.close, exitpriority=1)  # when main is done
        start(kind, late)
    elif how == "joined":
        child = Process(target=work, args=(late, KINDS[kind]()))  # made at once
        child.start()
        writer.close()
        child.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
