"""A worker of a class logs what went wrong and leaves by os._exit(1); the supervisor only joins.

Wanted: MainProcess ended as if nothing had happened, but backup had ended with exit code 1, by os._exit at its line.
"""

import logging
import os
from multiprocessing import Process

log = logging.getLogger("backup")


class Backup(Process):
    def run(self):
        try:
            open("/no/such/folder/backup.tar", "wb").close()
        except OSError:
            log.exception("no backup")
            os._exit(1)  # exits


if __name__ == "__main__":
    with_name = Backup(name="backup")
    with_name.start()
    with_name.join()
    print("backed up")
