"""Main puts the first item."""

from multiprocessing import Process, Queue


def relay(incoming, outgoing):
    item = incoming.get()
    outgoing.put(item + 1)


if __name__ == "__main__":
    there, back = Queue(), Queue()
    one = Process(target=relay, name="one", args=(there, back))
    other = Process(target=relay, name="other", args=(back, there))
    for process in (one, other):
        process.start()
    there.put(1)
    for process in (one, other):
        process.join()
    print(there.get())
