"""Daemons that end with items still in their queue: the answer was found, and what is lent was given back."""

import time
from multiprocessing import Event, Process, Queue, Semaphore, Value


def search(candidates, found, answer):
    while True:
        candidate = candidates.get()
        time.sleep(0.01)
        if candidate == 17:
            answer.value = candidate
            found.set()


def work(places, tasks, done):
    while True:
        tasks.acquire()
        place = places.get()
        places.put(place)
        done.release()


if __name__ == "__main__":
    candidates, found, answer = Queue(), Event(), Value("i", 0)
    places, tasks, done = Queue(), Semaphore(0), Semaphore(0)
    for number in range(1000):
        candidates.put(number)
    for place in ("left", "right"):
        places.put(place)
    for _ in range(2):
        Process(target=search, args=(candidates, found, answer), daemon=True).start()
    for _ in range(3):
        Process(target=work, args=(places, tasks, done), daemon=True).start()
    for _ in range(4):
        tasks.release()
    for _ in range(4):
        done.acquire()
    found.wait()
    print(answer.value)
