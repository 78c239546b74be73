"""Children are forked beside threads: one works, and the others stand in a wait of threading until main ends them."""

import queue
import threading
import time
from multiprocessing import get_context

lock, condition = threading.Lock(), threading.Condition()


def hold(entered, goes_on):
    with lock:
        entered.set()
        goes_on.wait()


def work(results):
    thread = threading.Thread(target=results.put, args=(1,))
    thread.start()
    thread.join()


def stands(here, wait):
    here.release()
    wait()


def wait_for_a_notice():
    with condition:
        condition.wait()


WAITS = (threading.Event().wait, wait_for_a_notice, queue.Queue().get, threading.Semaphore(0).acquire)

if __name__ == "__main__":
    context = get_context("fork")
    results, here = context.Queue(), context.Semaphore(0)
    entered, goes_on = threading.Event(), threading.Event()
    threading.Thread(target=hold, args=(entered, goes_on)).start()
    entered.wait()
    worker = context.Process(target=work, args=(results,))
    idle = [context.Process(target=stands, args=(here, wait)) for wait in WAITS]
    for child in (worker, *idle):
        child.start()
    print(results.get())
    worker.join()
    for _ in idle:
        here.acquire()
    time.sleep(3)
    for child in idle:
        child.terminate()
        child.join()
    goes_on.set()
