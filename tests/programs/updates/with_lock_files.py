"""One at a time: by locks of the system on a file, or by a file that is there for one alone.

Nothing can be lost, so nothing is found.
"""

import fcntl
import os
from pathlib import Path

from counting import FILE, both, main, replace_file, retried, update, way


def with_flock():
    with open("lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        update()


@way
def flock():
    both(with_flock, with_flock)


def with_lockf():
    descriptor = os.open("lock", os.O_RDWR | os.O_CREAT)
    fcntl.lockf(descriptor, fcntl.LOCK_EX)
    update()
    fcntl.lockf(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


@way
def lockf():
    both(with_lockf, with_lockf)


def with_exclusive():
    os.close(retried(lambda: os.open("lock", os.O_CREAT | os.O_EXCL), FileExistsError))
    update()
    os.unlink("lock")


@way
def exclusive():
    both(with_exclusive, with_exclusive)


def with_open_x():
    retried(lambda: open("lock", "x").close(), FileExistsError)
    update()
    Path("lock").unlink()


@way
def open_x():
    both(with_open_x, with_open_x)


def with_folder():
    retried(lambda: os.mkdir("lock"), FileExistsError)
    update()
    os.rmdir("lock")


@way
def folder_as_a_lock():
    both(with_folder, with_folder)


def counts_by_replacing():
    for _ in range(3):
        with open("lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            replace_file(FILE, str(int(Path(FILE).read_text()) + 1))


@way
def replaced_under_flock():
    both(counts_by_replacing, counts_by_replacing)


def counts_in_its_own_file():
    for _ in range(3):
        with open(FILE, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            count = int(file.read())
            file.seek(0)
            file.write(str(count + 1))
            file.flush()
            fcntl.flock(file, fcntl.LOCK_UN)


@way
def flock_of_the_file_itself():
    both(counts_in_its_own_file, counts_in_its_own_file)


def counts_under_lockf():
    for _ in range(3):
        with open("lock", "w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            update()


@way
def lockf_on_a_file():
    both(counts_under_lockf, counts_under_lockf)


def flock_at_last(file):
    retried(lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB), BlockingIOError)


def tries_flock():
    for _ in range(3):
        with open("lock", "w") as lock:
            flock_at_last(lock)
            update()


@way
def flock_without_waiting():
    both(tries_flock, tries_flock)


class FileLock:
    """What packages such as filelock do: a descriptor of its own, flock, and the file stays."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        flock_at_last(self.descriptor)
        return self

    def __exit__(self, *_):
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        os.close(self.descriptor)


def with_file_lock():
    for _ in range(3):
        with FileLock("count.lock"):
            update()


@way
def file_lock_class():
    both(with_file_lock, with_file_lock)


def with_pid_file():
    for _ in range(3):
        descriptor = retried(lambda: os.open("lock.pid", os.O_CREAT | os.O_EXCL | os.O_WRONLY), FileExistsError)
        os.write(descriptor, str(os.getpid()).encode())
        os.close(descriptor)
        update()
        os.remove("lock.pid")


@way
def pid_file_as_a_lock():
    both(with_pid_file, with_pid_file)


def with_link():
    mine = f"mine-{os.getpid()}"
    Path(mine).touch()
    for _ in range(3):
        retried(lambda: os.link(mine, "lock"), FileExistsError)
        update()
        os.unlink("lock")


@way
def link_as_a_lock():
    both(with_link, with_link)


def with_symlink():
    for _ in range(3):
        retried(lambda: os.symlink(str(os.getpid()), "lock"), FileExistsError)
        update()
        os.unlink("lock")


@way
def symlink_as_a_lock():
    both(with_symlink, with_symlink)


def takes_the_token():
    for _ in range(3):
        retried(lambda: os.rename("token", f"token-{os.getpid()}"), FileNotFoundError)
        update()
        os.rename(f"token-{os.getpid()}", "token")


@way
def token_file_renamed():
    Path("token").touch()
    both(takes_the_token, takes_the_token)


def removes_the_token():
    for _ in range(3):
        retried(lambda: os.unlink("token"), FileNotFoundError)
        update()
        Path("token").touch()


@way
def token_file_removed():
    Path("token").touch()
    both(removes_the_token, removes_the_token)


if __name__ == "__main__":
    main()
