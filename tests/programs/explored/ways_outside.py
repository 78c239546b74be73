"""Does one thing that would be left behind: which one, and in which folder, its command line says."""

import ctypes
import os
import socket
import sqlite3
import sys
from multiprocessing import Process


def open_below(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.open("new", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor)


def bind(folder: str) -> None:
    socket.socket(socket.AF_UNIX).bind(f"{folder}/new")


def send(folder: str) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"words"], [], 0, ("127.0.0.1", 9))


WAYS = {
    "open_below": open_below,
    "bind": bind,
    "send": send,
    "utime": lambda folder: os.utime(f"{folder}/old", (1, 1)),
    "rights": lambda folder: os.chmod(os.open(f"{folder}/old", os.O_RDONLY), 0o700),
    "link": lambda folder: os.link(f"{folder}/old", f"{folder}/new"),
    "mkfifo": lambda folder: os.mkfifo(f"{folder}/new"),
    "mknod": lambda folder: os.mknod(f"{folder}/new"),
    "attribute": lambda folder: os.setxattr(f"{folder}/old", "user.procsim", b"1"),
    "database": lambda folder: sqlite3.connect(f"file:{folder}/new?mode=rwc", uri=True),
    "in_c": lambda folder: ctypes.CDLL(None).creat(os.fsencode(f"{folder}/new"), 0o600),
}

if __name__ == "__main__":
    process = Process(target=WAYS[sys.argv[1]], args=sys.argv[2:], name="writer")
    process.start()
    process.join()
