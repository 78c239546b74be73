"""The process ends in the usual way."""

from multiprocessing import Process, RLock


def hold(mutex):
    with mutex, mutex:
        print("has it twice")


if __name__ == "__main__":
    mutex = RLock()
    holder = Process(target=hold, name="holder", args=(mutex,))
    holder.start()
    holder.join()
    with mutex:
        print("main has it")
