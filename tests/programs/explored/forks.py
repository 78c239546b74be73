"""A process that was forked without multiprocessing writes into a file, and so does the one that has forked it."""

import os
from pathlib import Path

if __name__ == "__main__":
    path = Path("written.txt")
    path.write_text("nobody")
    pid = os.fork()
    path.write_text("parent" if pid else "child")
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    assert path.read_text() == "parent"
