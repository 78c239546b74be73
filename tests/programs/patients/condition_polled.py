"""Main waits for a notice with a time limit, again and again; who was to notify it has failed.

Wanted: probably: main waits at its line for a notice on `changed`: feeder ended at its line by IndexError.
"""

from multiprocessing import Condition, Process


def feed(changed, rows):
    first = rows[0]  # raises
    with changed:
        print(first)
        changed.notify_all()


if __name__ == "__main__":
    changed = Condition()  # made
    Process(target=feed, args=(changed, []), name="feeder").start()
    with changed:
        while not changed.wait(timeout=0.4):  # waits
            print("nothing new", flush=True)
