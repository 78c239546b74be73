"""The holder of a lock sleeps while another process and main wait. An argument: for how many seconds."""

import sys
import time
from multiprocessing import Event, Lock, Process


def hold(mutex, held, seconds):
    with mutex:
        held.set()
        time.sleep(seconds)


def need(mutex):
    with mutex:
        print("has it")


if __name__ == "__main__":
    mutex, held = Lock(), Event()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.5
    holder = Process(target=hold, args=(mutex, held, seconds))
    holder.start()
    held.wait()
    other = Process(target=need, args=(mutex,))
    other.start()
    other.join()
    holder.join()
