"""The one that cannot come breaks the barrier."""

from multiprocessing import Barrier, Process
from threading import BrokenBarrierError


def work(number, meeting):
    try:
        if number == 2:
            meeting.abort()
        meeting.wait()
    except BrokenBarrierError:
        print("no meeting")


if __name__ == "__main__":
    meeting = Barrier(3)
    workers = [Process(target=work, name=f"worker-{number}", args=(number, meeting)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
