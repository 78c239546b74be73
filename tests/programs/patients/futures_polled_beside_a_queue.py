"""Main waits for futures with a time limit, again and again; their calls wait for items, which main puts after that.

Wanted: probably: a worker waits at its line for an item of `commands`, and nobody is left who could put one.
"""

from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import Queue


def begin(queue):
    global commands
    commands = queue


def work(number):
    return number, commands.get()  # waits


if __name__ == "__main__":
    commands = Queue()  # made
    with ProcessPoolExecutor(2, initializer=begin, initargs=(commands,)) as executor:
        pending = {executor.submit(work, number) for number in range(2)}
        while pending:
            _, pending = wait(pending, timeout=0.4)
        commands.put("start")
