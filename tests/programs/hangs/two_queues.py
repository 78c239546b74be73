"""Each of two waits for an item of the other before it puts one."""

from multiprocessing import Process, Queue


def relay(incoming, outgoing):
    item = incoming.get()  # waits
    outgoing.put(item + 1)


if __name__ == "__main__":
    there, back = Queue(), Queue()  # made
    one = Process(target=relay, name="one", args=(there, back))
    other = Process(target=relay, name="other", args=(back, there))
    for process in (one, other):
        process.start()
    for process in (one, other):
        process.join()
