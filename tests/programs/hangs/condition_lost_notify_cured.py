"""What the notice tells of is looked at before waiting."""

from multiprocessing import Condition, Process, Value


def work(ready, done):
    with ready:
        ready.wait_for(lambda: done.value)
    print("goes")


if __name__ == "__main__":
    ready, done = Condition(), Value("b", 0)
    with ready:
        done.value = 1
        ready.notify()
    worker = Process(target=work, name="worker", args=(ready, done))
    worker.start()
    worker.join()
