"""A supervisor starts a worker again that has failed: one by an exception, one by its exit code, one by a signal."""

import os
import signal
from multiprocessing import Process, Value
from multiprocessing.connection import wait


def fail(number):
    if number == 0:
        raise ConnectionError("not yet")
    if number == 1:
        os._exit(7)
    os.kill(os.getpid(), signal.SIGKILL)


def work(number, tries):
    with tries.get_lock():
        tries.value += 1
        is_first = tries.value == 1
    if is_first:
        fail(number)


def start(number, tries):
    worker = Process(target=work, args=(number, tries), name=f"worker-{number}")
    worker.start()
    return worker


if __name__ == "__main__":
    tries = [Value("i", 0) for _ in range(3)]
    running = {number: start(number, tries[number]) for number in range(3)}
    codes = []
    while running:
        ended = wait([worker.sentinel for worker in running.values()])
        for number, worker in [*running.items()]:
            if worker.sentinel in ended:
                worker.join()
                codes.append(worker.exitcode)
                if worker.exitcode:
                    running[number] = start(number, tries[number])
                else:
                    del running[number]
    print(sorted(codes), [each.value for each in tries])
