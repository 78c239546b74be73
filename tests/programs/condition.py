"""A child waits on a condition twice, with `wait` and with `wait_for`; main notifies it twice."""

from multiprocessing import Condition, Process, SimpleQueue, Value


def child(ready, number, told):
    with ready:
        told.put(1)
        ready.wait()  # wait
    with ready:
        told.put(2)
        ready.wait_for(lambda: number.value == 7)  # wait_for


def main():
    ready = Condition()
    number, told = Value("i", 0, lock=False), SimpleQueue()
    worker = Process(target=child, args=(ready, number, told))
    worker.start()
    told.get()
    with ready:  # it is free only once the child waits
        ready.notify()
    told.get()
    with ready:
        number.value = 7
        ready.notify_all()
    worker.join()


if __name__ == "__main__":
    main()
