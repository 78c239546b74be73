"""A child that holds the lock was stopped while it waited for an item; the item is there, and it will be let go on."""

import os
import signal
import subprocess
import time
from multiprocessing import Event, Lock, Process, SimpleQueue


def hold(lock, items, held):
    with lock:
        held.set()
        items.get()


if __name__ == "__main__":
    lock, items, held = Lock(), SimpleQueue(), Event()
    child = Process(target=hold, args=(lock, items, held))
    child.start()
    held.wait()
    time.sleep(0.5)
    os.kill(child.pid, signal.SIGSTOP)
    items.put(1)
    waker = subprocess.Popen(["sh", "-c", f"sleep 1.5; kill -CONT {child.pid}"])
    with lock:
        print("free")
    child.join()
    waker.wait()
