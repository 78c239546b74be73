"""A worker sends twice and ends, or closes its end; main receives until nobody is left who could send, as argv says.

"held": main keeps its own copy of the writing end, and waits for ever.
"""

import sys
from multiprocessing import Pipe, Process
from multiprocessing.connection import wait
from typing import Any


def work(reading: Any, writing: Any, way: str) -> None:
    reading.close()
    writing.send(1)
    writing.send(2)
    if way == "closed":
        writing.close()


def receive_all(reading: Any, way: str) -> list[int]:
    received = []
    try:
        while True:
            if way == "polled":
                reading.poll(None)
            elif way == "awaited":
                wait([reading])
            received.append(reading.recv())
    except EOFError:
        return received


if __name__ == "__main__":
    way = sys.argv[1]
    reading, writing = Pipe(duplex=way == "both ways")
    worker = Process(target=work, args=(reading, writing, way), name="worker")
    worker.start()
    if way == "forgotten":
        del writing
    elif way != "held":
        writing.close()
    assert receive_all(reading, way) == [1, 2]
    worker.join()
