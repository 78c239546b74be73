"""Healthy: queues that are asked whether they are empty, and in which something is left at the end on purpose."""

import queue
import time
from multiprocessing import Event, Process, Queue, SimpleQueue


def stops_when_told(orders, looked):
    """It would stop early if it were told to; it is done before."""
    if orders.empty():
        print("goes on")
    looked.set()


def polls(frames, done):
    """Shows the newest frame, until it is told to stop: what comes after that is of no use."""
    while not done.is_set():
        if not frames.empty():
            frames.get()
        time.sleep(0.02)


def answers_late(question, answers):
    question.wait()
    answers.put("late")


if __name__ == "__main__":
    orders, looked = Queue(), Event()
    short = Process(target=stops_when_told, args=(orders, looked))
    short.start()
    looked.wait()
    orders.put("stop")
    short.join()

    frames, done = Queue(), Event()
    viewer = Process(target=polls, args=(frames, done))
    viewer.start()
    for number in range(20):
        frames.put(number)
        time.sleep(0.02)
    done.set()
    for number in range(20, 25):
        frames.put(number)
    viewer.join()

    question, answers = Event(), Queue()
    late = Process(target=answers_late, args=(question, answers))
    late.start()
    try:
        answers.get(timeout=0.1)
    except queue.Empty:
        print("nobody answered in time")
    question.set()
    late.join()

    results = SimpleQueue()
    workers = [Process(target=results.put, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while not results.empty():
        print("result", results.get())
