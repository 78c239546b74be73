"""One tells the other by what procsim cannot follow.

Nothing can be lost, so nothing is found.
"""

import _multiprocessing
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import sqlite3
import sys
import time
from multiprocessing import (
    Event,
    Process,
)

from counting import FORKED, PAUSE, both, main, update, way


def says(reader, writer):
    update()
    os.write(writer, b"x")


def hears(reader, writer):
    os.read(reader, 1)
    update()


@way
def system_pipe():
    both(says, hears, *os.pipe(), process=FORKED)


def socket_says(first, second):
    update()
    first.sendall(b"x")


def socket_hears(first, second):
    second.recv(1)
    update()


@way
def sockets():
    both(socket_says, socket_hears, *socket.socketpair())


def waits_for_signal(ready):
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    ready.set()
    signal.sigwait([signal.SIGUSR1])
    update()


@way
def told_by_a_signal():
    ready = Event()
    child = Process(target=waits_for_signal, args=(ready,))
    child.start()
    ready.wait()
    update()
    os.kill(child.pid, signal.SIGUSR1)
    child.join()


def database_says():
    update()
    with contextlib.closing(sqlite3.connect("state.db", timeout=30)) as database, database:
        database.execute("insert into done values (1)")


def database_hears():
    with contextlib.closing(sqlite3.connect("state.db", timeout=30)) as database:
        while not database.execute("select * from done").fetchall():
            time.sleep(PAUSE)
    update()


@way
def database():
    with contextlib.closing(sqlite3.connect("state.db")) as database, database:
        database.execute("create table done (mark)")
    both(database_says, database_hears)


LIBC = ctypes.CDLL(None)


def library_says():
    update()
    LIBC.close(LIBC.creat(b"said", 0o600))


def library_hears():
    while LIBC.access(b"said", os.F_OK):
        LIBC.usleep(1000)
    update()


@way
def library_of_c():
    """It calls sem_open, as posix_ipc does: so it could do what is done here by the functions of C that it calls."""
    shutil.copy(_multiprocessing.__file__, "library.so")
    ctypes.CDLL(os.path.abspath("library.so"))
    both(library_says, library_hears)


def socket_begins(one, other):
    for _ in range(3):
        update()
        one.sendall(b"x")
        one.recv(1)


def socket_follows(one, other):
    for _ in range(3):
        other.recv(1)
        update()
        other.sendall(b"x")


@way
def token_in_a_socket_pair():
    both(socket_begins, socket_follows, *socket.socketpair())


def ends_by_a_signal(ready):
    def handler(*_):
        update()
        sys.exit()

    signal.signal(signal.SIGTERM, handler)
    ready.set()
    while True:
        time.sleep(PAUSE)


@way
def told_to_end():
    ready = Event()
    child = Process(target=ends_by_a_signal, args=(ready,))
    child.start()
    ready.wait()
    update()
    child.terminate()
    child.join()


if __name__ == "__main__":
    main()
