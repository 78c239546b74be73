"""Workers write when they were last alive; main watches that, asks them to end by SIGTERM, and each ends its round."""

import signal
import time
from multiprocessing import Array, Process, Queue


class Stop:
    asked = False

    def __init__(self):
        signal.signal(signal.SIGTERM, self.ask)

    def ask(self, *_):
        self.asked = True


def work(number, beats, results):
    stop = Stop()
    rounds = 0
    while not stop.asked:
        beats[number] = time.time()
        rounds += 1
        time.sleep(0.02)
    results.put((number, rounds > 0))


if __name__ == "__main__":
    beats, results = Array("d", 3), Queue()
    workers = [Process(target=work, args=(number, beats, results)) for number in range(3)]
    for worker in workers:
        worker.start()
    while not all(beats):
        time.sleep(0.02)
    for worker in workers:
        worker.terminate()
    print(sorted(results.get() for _ in workers))
    for worker in workers:
        worker.join()
    print([worker.exitcode for worker in workers])
