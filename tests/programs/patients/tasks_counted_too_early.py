"""A consumer takes as long as qsize() is not 0, and leaves before main puts the tasks: main waits in join().

Wanted: main waits for the tasks of `tasks`: 4 of 4 were never taken, since consumer found it empty at its line before
they came, and ended.
"""

from multiprocessing import Event, JoinableQueue, Process


class Consumer(Process):
    def __init__(self, tasks, done):
        super().__init__(name="consumer")
        self.tasks, self.done = tasks, done

    def run(self):
        while self.tasks.qsize():  # looks
            print(self.tasks.get())
            self.tasks.task_done()
        self.done.set()


if __name__ == "__main__":
    tasks, done = JoinableQueue(), Event()  # made
    consumer = Consumer(tasks, done)
    consumer.start()
    done.wait()
    for number in range(4):
        tasks.put(number)
    tasks.join()  # waits
