"""Memory that processes share as they should: each of these could be taken for a race, and is none."""

import time
from ctypes import Structure, c_int
from multiprocessing import Array, Condition, Event, Lock, Manager, Process, RawArray, Value

ROUNDS = 50


class Pair(Structure):
    _fields_ = [("left", c_int), ("right", c_int)]


def counts(counter, total, lock):
    """Under the lock inside; and under one lock around two values."""
    for _ in range(ROUNDS):
        with counter.get_lock():
            counter.value += 1
        with lock:
            total.value = total.value + 2


def polls(stop, ready, number, done):
    """A flag that anybody may set, and one that only main sets."""
    while not stop.value:
        time.sleep(0.001)
        if number == 0 and ready.value:
            stop.value = 1
    done[number] = not done[number]
    if not stop.value:
        stop.value = True


def owns(raw, row, pair, shared, number):
    """Each has elements, a field and an entry of its own."""
    for step in range(ROUNDS):
        for index in range(number * 8, number * 8 + 8):
            raw[index] += 1
            row[index] += 1
        row[number * 8 : number * 8 + 8] = [value + 1 for value in row[number * 8 : number * 8 + 8]]
        if number == 0:
            pair.left += 1
        elif number == 1:
            pair.right += 1
        shared[number] = shared.get(number, 0) + step


def takes_turns(turn, number, people):
    """Whoever's turn it is hands it on."""
    for _ in range(10):
        while turn.value != number:
            time.sleep(0.001)
        turn.value = (number + 1) % people


def waits_for(condition, stock, number):
    """A condition guards the value."""
    for _ in range(10):
        with condition:
            if number == 0:
                stock.value += 1
                condition.notify_all()
            else:
                condition.wait_for(lambda: stock.value > 0, timeout=10)
                stock.value -= 1


def fills(cache, tried, begun):
    """Two fill a cache with the same, and work on copies of their own."""
    begun.wait()
    if cache.get("answer") is None:
        cache["answer"] = 42
    todo = cache["todo"]
    while todo:
        todo.pop()
    words = cache["words"]
    words.append("mine")
    tried.append(len(words))


def run(target, *arguments, number=3, numbered=True):
    people = [Process(target=target, args=(*arguments, *([index] if numbered else []))) for index in range(number)]
    for person in people:
        person.start()
    return people


def main():
    counter, total, lock, turn = Value("i"), Value("i"), Lock(), Value("i")
    stop, ready, stock, condition, begun = Value("b"), Value("b"), Value("i"), Condition(), Event()
    raw, row, pair, done = RawArray("i", 24), Array("i", 24), Value(Pair), Array("b", 3)
    with Manager() as manager:
        shared, tried = manager.dict(), manager.list()
        cache = manager.dict(todo=[1, 2, 3], words=["given"])
        people = run(counts, counter, total, lock, numbered=False)
        people += [Process(target=polls, args=(stop, ready, number, done)) for number in range(3)]
        for person in people[3:]:
            person.start()
        ready.value = 1
        people += run(owns, raw, row, pair, shared)
        people += [Process(target=takes_turns, args=(turn, number, 2)) for number in range(2)]
        for person in people[9:]:
            person.start()
        people += run(waits_for, condition, stock, number=2)
        people += run(fills, cache, tried, begun, numbered=False)
        begun.set()
        while counter.value < 3 * ROUNDS:
            time.sleep(0.001)
        for person in people:
            person.join()
        print(
            counter.value, total.value, stop.value, sum(raw), sum(row), pair.left, pair.right, turn.value, stock.value
        )
        print(sorted(shared.items()), cache["answer"], cache["words"], sorted(tried))
    counter.value = 0  # for another round
    counts(counter, total, lock)
    print(counter.value)


if __name__ == "__main__":
    main()
