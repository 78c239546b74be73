"""Processes that share files and lose nothing in any order.

Nothing can be lost, so nothing is found.
"""

import json
import os
from multiprocessing import (
    Process,
    Queue,
)
from pathlib import Path

from counting import FILE, both, main, update, way


def writes_slot(number):
    with open("slots", "r+b") as file:
        file.seek(number * 4)
        count = int(file.read(4))
        file.seek(number * 4)
        file.write(b"%04d" % (count + 1))


def first_slot():
    writes_slot(0)


def second_slot():
    writes_slot(1)


@way
def slots():
    Path("slots").write_bytes(b"0000" * 2)
    both(first_slot, second_slot)


def appends():
    lines = Path("log").read_text().count("\n")
    with open("log", "a") as file:
        file.write(f"there were {lines}\n")


@way
def appended():
    Path("log").touch()
    both(appends, appends)


def fills_cache():
    try:
        json.loads(Path("cache").read_text())
    except ValueError:
        Path("cache").write_text(json.dumps({"answer": 42}))


@way
def cache():
    Path("cache").touch()
    both(fills_cache, fills_cache)


def own_file():
    name = f"{os.getpid()}.txt"
    Path(name).write_text("0")
    Path(name).write_text(str(int(Path(name).read_text()) + 1))


@way
def own_files():
    both(own_file, own_file)


def overwrites():
    with open("status", "w+") as file:
        file.write("working")
        file.seek(0)
        file.read()
        file.seek(0)
        file.write("finished")


@way
def status():
    both(overwrites, overwrites)


def reads_only():
    for _ in range(5):
        Path(FILE).read_text()


@way
def one_writer():
    both(update, reads_only)


def sends_result(results):
    results.put(int(Path(FILE).read_text()))


@way
def one_writer_gets_results():
    results = Queue()
    children = [Process(target=sends_result, args=(results,)) for _ in range(3)]
    for child in children:
        child.start()
    total = sum(results.get() for _ in children)
    Path(FILE).write_text(str(int(Path(FILE).read_text()) + total))
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
