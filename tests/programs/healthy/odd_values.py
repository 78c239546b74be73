"""Values that are no JSON, where a number, a name or a flag belongs: the program handles what its own calls raise."""

import time
from multiprocessing import Event, JoinableQueue, Lock, Process, Queue

DEEP: list = []
for _ in range(1_000):
    DEEP = [DEEP]

ROUND: dict = {}
ROUND["round"] = ROUND


class Named(str):
    __slots__ = ()

    def __str__(self):
        raise RuntimeError("this is the program's own code")

    @property
    def __class__(self):
        raise RuntimeError("this is, too")


ODD = [
    *(
        1j,
        ...,
        "1",
        b"\xff",
        [1],
        {1: 2},
        {1: object()},
        {1, 2},
        frozenset("ab"),
        object(),
        DEEP,
        ROUND,
        Named("x"),
        "half \udcff",
    ),
    *(10**400, 10**20_000, -(10**400), float("nan"), float("inf"), float("-inf"), int, len),
]
CALLS = [
    lambda odd: Event().wait(odd),
    lambda odd: Lock().acquire(True, odd),
    lambda odd: Queue().get(True, odd),
    lambda odd: JoinableQueue(odd),
    lambda odd: time.sleep(odd),
    lambda odd: Process(target=print, name=odd, daemon=odd).join(odd),
]


if __name__ == "__main__":
    queue = Queue()
    for number, odd in enumerate(ODD):
        for place, call in enumerate(CALLS):
            try:
                print(number, place, call(odd))
            except Exception as error:
                print(number, place, type(error).__name__, error)
    queue.put(ODD[:9])
    print(len(queue.get()))
