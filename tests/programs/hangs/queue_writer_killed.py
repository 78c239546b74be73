"""A process is killed while it writes a long message to a queue."""

from multiprocessing import Process, Queue


def write(messages):
    messages.put(b"x" * 10_000_000)


if __name__ == "__main__":
    messages = Queue()  # made
    writer = Process(target=write, name="writer", args=(messages,))
    writer.start()
    while messages.empty():
        pass
    writer.kill()
    writer.join()
    print(len(messages.get()))  # waits
