"""A manager's locks and semaphores used rightly: by `with`, by calls, with a time limit, handed on."""

from multiprocessing import Manager, Process


def work(lock, nested, slots, ready, total):
    ready.acquire()  # a signal, which main gives
    with nested, nested, lock, slots:
        total.value += 1
    if lock.acquire(True, 60):
        lock.release()


def main():
    with Manager() as manager:
        lock, nested, slots = manager.Lock(), manager.RLock(), manager.BoundedSemaphore(2)
        ready, total = manager.Semaphore(0), manager.Value("i", 0)
        workers = [Process(target=work, args=(lock, nested, slots, ready, total)) for _ in range(3)]
        for worker in workers:
            worker.start()
        lock.acquire()
        print("taken twice at once:", lock.acquire(False), lock.acquire(True, 0.01))
        for _ in workers:
            ready.release()
        lock.release()
        for worker in workers:
            worker.join()
        print("total:", total.value)
        try:
            lock.release()
        except (RuntimeError, ValueError) as error:
            print(type(error).__name__)


if __name__ == "__main__":
    main()
