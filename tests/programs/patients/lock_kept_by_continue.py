"""acquire() and release() by hand; a bad row leaves the loop's body in between, by `continue`.

Wanted: writer-0 waits for `lock`, which it acquired itself when it was last there, and has not released; hold it by
`with lock:`.
"""

import logging
import multiprocessing

log = logging.getLogger("writer")


class Writer(multiprocessing.Process):
    def __init__(self, lock, rows, **options):
        super().__init__(**options)
        self.lock, self.rows = lock, rows

    def run(self):
        for row in self.rows:
            self.lock.acquire()  # waits
            try:
                print(int(row), flush=True)
            except ValueError:
                log.debug("bad row %r", row)
                continue
            self.lock.release()


if __name__ == "__main__":
    lock = multiprocessing.Lock()  # made
    writer = Writer(lock, ["1", "two", "3"], name="writer-0")
    writer.start()
    writer.join()
