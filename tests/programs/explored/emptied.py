"""Two buyers read how many tickets a file says are left, and write it anew with "w": opening it empties it first.

With `cured` they hold a lock for all of that.
"""

import sys
from contextlib import nullcontext
from multiprocessing import Lock, Process
from pathlib import Path
from typing import Any

PATH = Path("tickets.txt")


def buy(lock: Any, sold: Any) -> None:
    with lock:
        with open(PATH) as file:
            left = int(file.read())
        if left > 0:
            with open(PATH, "w") as file:
                file.write(str(left - 1))
            sys.exit(7)


if __name__ == "__main__":
    PATH.write_text("1")
    lock = Lock() if sys.argv[1:] == ["cured"] else nullcontext()
    buyers = [Process(target=buy, args=(lock, None), name=f"buyer-{number}") for number in (1, 2)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    sold = sum(buyer.exitcode == 7 for buyer in buyers)
    assert sold == 1, f"{sold} were sold"
