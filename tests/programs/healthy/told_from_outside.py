"""Services, each of which waits for what its handler of SIGTERM will end; the signal comes from outside.

An argument: after how many seconds.
"""

import os
import signal
import subprocess
import sys
from multiprocessing import JoinableQueue, Lock, Process, Queue, Semaphore


def call_me_from_outside():
    seconds = sys.argv[1] if len(sys.argv) > 1 else 1.5
    kill = f"(sleep {seconds}; kill -TERM {os.getpid()}) </dev/null >/dev/null 2>&1 &"
    subprocess.run(["/bin/sh", "-c", kill], env={})


def serve(requests):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while (request := requests.get()) is not None:
        print(request)


def until_its_server_ends():
    requests = Queue()
    server = Process(target=serve, args=(requests,))
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: requests.put(None))
    call_me_from_outside()
    server.join()


def until_a_lock_is_released(lock):
    signal.signal(signal.SIGTERM, lambda *_: lock.release())
    call_me_from_outside()
    lock.acquire()


def work(tasks, go_on):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    go_on.get()
    tasks.get()
    tasks.task_done()


def until_all_is_done():
    tasks, go_on = JoinableQueue(), Queue()
    tasks.put("task")
    worker = Process(target=work, args=(tasks, go_on))
    worker.start()
    signal.signal(signal.SIGTERM, lambda *_: go_on.put(True))
    call_me_from_outside()
    tasks.join()
    worker.join()


if __name__ == "__main__":
    taken, nothing = Lock(), Semaphore(0)
    taken.acquire()
    services = [
        Process(target=until_its_server_ends),
        Process(target=until_a_lock_is_released, args=(taken,)),
        Process(target=until_a_lock_is_released, args=(nothing,)),
        Process(target=until_all_is_done),
    ]
    for service in services:
        service.start()
    for service in services:
        service.join()
