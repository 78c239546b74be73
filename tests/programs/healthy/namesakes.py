"""Two threads of one name: one holds the lock and sleeps, the other waits at a pipe."""

import threading
import time
from multiprocessing import Event, Lock, Pipe, Process


def work(lock, reading, writing, held):
    writing.close()

    def hold():
        with lock:
            held.set()
            time.sleep(2)

    threads = [threading.Thread(target=hold, name="worker"), threading.Thread(target=reading.recv, name="worker")]
    threads[0].start()
    held.wait()
    threads[1].start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    (reading, writing), lock, held = Pipe(False), Lock(), Event()
    child = Process(target=work, args=(lock, reading, writing, held))
    child.start()
    held.wait()
    with lock:
        print("free")
    writing.send(1)
    child.join()
