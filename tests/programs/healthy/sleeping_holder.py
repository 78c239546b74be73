"""The holder of a lock sleeps while another process and main wait."""

import time
from multiprocessing import Event, Lock, Process


def hold(mutex, held):
    with mutex:
        held.set()
        time.sleep(1.5)


def need(mutex):
    with mutex:
        print("has it")


if __name__ == "__main__":
    mutex, held = Lock(), Event()
    holder = Process(target=hold, args=(mutex, held))
    holder.start()
    held.wait()
    other = Process(target=need, args=(mutex,))
    other.start()
    other.join()
    holder.join()
