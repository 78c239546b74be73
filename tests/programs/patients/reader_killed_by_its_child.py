"""A reader of a SimpleQueue is ended by SIGKILL, which a child of its own sends it; main wants to read the rest.

Wanted: main waits for the lock by which `words` is read; reader had it in get() when it was ended by SIGKILL, which
killer sent at its line.
"""

import os
import signal
import time
from multiprocessing import Process, SimpleQueue


def kill(pid, words):
    while not words._rlock._semlock._is_zero():
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)  # kills


def read(words):
    Process(target=kill, args=(os.getpid(), words), name="killer").start()
    print(words.get())  # reads


if __name__ == "__main__":
    words = SimpleQueue()  # made
    reader = Process(target=read, args=(words,), name="reader")
    reader.start()
    reader.join()
    words.put("late")
    print(words.get())  # waits
