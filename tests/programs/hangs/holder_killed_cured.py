"""The process is told to end, and releases the lock."""

from multiprocessing import Event, Lock, Process


def hold(mutex, held, never):
    with mutex:
        held.set()
        never.wait()


def need(mutex):
    with mutex:
        print("has it")


if __name__ == "__main__":
    mutex = Lock()
    held, never = Event(), Event()
    holder = Process(target=hold, name="holder", args=(mutex, held, never))
    holder.start()
    held.wait()
    never.set()
    holder.join()
    other = Process(target=need, name="other", args=(mutex,))
    other.start()
    other.join()
