"""One of two partners is never started; the other one waits for it at a barrier, and main for that one's end.

Wanted: second (made at its line) was never started, and first waits for it at `meeting` for ever; call its start().
"""

from multiprocessing import Barrier, Process


def meet(meeting):
    meeting.wait()  # waits


if __name__ == "__main__":
    meeting = Barrier(2)
    first = Process(target=meet, args=(meeting,), name="first")
    second = Process(target=meet, args=(meeting,), name="second")  # made
    first.start()
    first.join()
