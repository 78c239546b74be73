"""A bounded queue; its consumer takes an empty line for the end of the file, and leaves; the reader waits for room.

Wanted: MainProcess waits for room in `lines`, and indexer, which alone took from it, took 3 and ended; take until the
last producer has ended.
"""

from multiprocessing import Process, Queue

TEXT = "a b c\nd e\n\n" + "more text\n" * 50


def index(lines, sizes):
    while True:
        line = lines.get()  # takes
        if not line:
            break
        sizes[line] = len(line.split())


def read(text, lines):
    for line in text.splitlines():
        lines.put(line)  # waits
    lines.put("")


if __name__ == "__main__":
    lines = Queue(5)  # made
    indexer = Process(target=index, args=(lines, {}), name="indexer")
    indexer.start()
    read(TEXT, lines)
    indexer.join()
    print("indexed")
