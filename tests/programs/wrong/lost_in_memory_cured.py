"""Two cashiers hold one lock from the reading to the writing of each number: none of the two is lost."""

from multiprocessing import Array, Lock, Manager, Process, Value


def sell(value, row, shared, numbers, space, proxy, lock):
    with value.get_lock():
        value.value -= 1
    with row:
        row[1] -= 1
    with lock:
        shared["number"] = shared["number"] - 1
        numbers[0] -= 1
    lock.acquire()
    space.number -= 1
    proxy.value -= 1
    lock.release()


def main():
    with Manager() as manager:
        value, row, lock = Value("i", 10), Array("i", [3, 10]), Lock()
        shared, numbers, space = manager.dict(number=10), manager.list([10]), manager.Namespace(number=10)
        proxy = manager.Value("i", 10)
        cashiers = [Process(target=sell, args=(value, row, shared, numbers, space, proxy, lock)) for _ in range(2)]
        for cashier in cashiers:
            cashier.start()
        for cashier in cashiers:
            cashier.join()
        print(value.value, row[1], shared["number"], numbers[0], space.number, proxy.value)


if __name__ == "__main__":
    main()
