"""The message is taken before the writer is ended."""

from multiprocessing import Process, Queue


def write(messages):
    messages.put(b"x" * 10_000_000)


if __name__ == "__main__":
    messages = Queue()
    writer = Process(target=write, name="writer", args=(messages,))
    writer.start()
    while messages.empty():
        pass
    print(len(messages.get()))
    writer.kill()
    writer.join()
