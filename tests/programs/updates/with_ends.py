"""One is started after the other has ended, as the program has seen.

Nothing can be lost, so nothing is found.
"""

import os
import subprocess
import sys
import threading
import time
from multiprocessing import (
    Process,
    active_children,
    connection,
)

import counting
from counting import PAUSE, main, update, way


def one_after_the_other(*waits):
    for wait in waits:
        child = Process(target=update)
        child.start()
        wait(child)


@way
def joined():
    one_after_the_other(Process.join, Process.join)


@way
def before_the_start():
    update()
    one_after_the_other(Process.join)
    update()


@way
def seen_not_alive():
    def polled(child):
        while child.is_alive():
            time.sleep(PAUSE)

    one_after_the_other(polled, polled)


@way
def seen_by_exitcode():
    def polled(child):
        while child.exitcode is None:
            time.sleep(PAUSE)

    one_after_the_other(polled, polled)


@way
def seen_by_sentinel():
    one_after_the_other(*[lambda child: connection.wait([child.sentinel])] * 2)


@way
def seen_not_among_the_active():
    def polled(child):
        while active_children():
            time.sleep(PAUSE)

    one_after_the_other(polled, polled)


def grandchild():
    child = Process(target=update)
    child.start()
    child.join()
    update()


@way
def tree():
    child = Process(target=grandchild)
    child.start()
    child.join()
    update()


@way
def forked():
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            update()
            os._exit(0)
        os.waitpid(pid, 0)
    update()


@way
def programs():
    for _ in range(2):
        subprocess.run([sys.executable, counting.__file__], check=True)
    update()


@way
def joined_with_limits():
    def polled(child):
        while child.is_alive():
            child.join(PAUSE)

    one_after_the_other(polled, polled)


@way
def thread_of_main():
    child = Process(target=update)
    child.start()
    thread = threading.Thread(target=lambda: (child.join(), update()))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
