"""Two consumers die, each of another bad item; main waits in join() of the JoinableQueue.

Wanted: main waits for the tasks of `lines`; both consumers have ended, one by ValueError, one by UnicodeDecodeError,
each with one in hand; the rest is still in it; catch it inside the loop.
"""

from multiprocessing import JoinableQueue, Process


class Consumer(Process):
    def __init__(self, lines, number):
        super().__init__(name=f"consumer-{number}", daemon=True)
        self.lines = lines

    def run(self):
        for line in iter(self.lines.get, None):
            print(int(line.decode()))  # raises
            self.lines.task_done()


if __name__ == "__main__":
    lines = JoinableQueue()  # made
    for line in (b"one", b"\xff", b"3", b"4"):
        lines.put(line)
    for number in range(2):
        Consumer(lines, number).start()
    lines.join()  # waits
