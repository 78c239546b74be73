"""The lists are the manager's own, or are written back by one who holds a lock."""

from multiprocessing import Lock, Manager, Process


def add(shared, space, number, lock):
    shared["found"].append(number)
    with lock:
        counts = space.counts
        counts["all"] = counts.get("all", 0) + number
        space.counts = counts
        last = shared["last"]
        last.append(number)
        shared["last"] = last


def main():
    with Manager() as manager:
        shared, space, lock = manager.dict(last=[]), manager.Namespace(counts={}), Lock()
        shared["found"] = manager.list()
        people = [Process(target=add, args=(shared, space, number, lock)) for number in range(2)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        print(sorted(shared["found"]), sorted(shared["last"]), space.counts)


if __name__ == "__main__":
    main()
