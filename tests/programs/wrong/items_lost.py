"""Main puts items, and ends before its daemon has worked them off: what is in the queue, and in hand, is lost."""

from multiprocessing import Event, JoinableQueue, Process


def work(tasks, begun, never):
    while True:
        tasks.get()
        begun.set()
        never.wait()
        tasks.task_done()


def main():
    tasks = JoinableQueue()  # made
    begun, never = Event(), Event()
    Process(target=work, name="worker", args=(tasks, begun, never), daemon=True).start()
    for number in range(5):
        tasks.put(number)
    begun.wait()


if __name__ == "__main__":
    main()
