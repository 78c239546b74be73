"""A process is killed while it holds a lock that another one needs."""

from multiprocessing import Event, Lock, Process


def hold(mutex, held, never):
    with mutex:  # holds
        held.set()
        never.wait()


def need(mutex):
    with mutex:  # waits
        print("has it")


if __name__ == "__main__":
    mutex = Lock()  # made
    held, never = Event(), Event()
    holder = Process(target=hold, name="holder", args=(mutex, held, never))
    holder.start()
    held.wait()
    holder.kill()
    holder.join()
    other = Process(target=need, name="other", args=(mutex,))
    other.start()
    other.join()
