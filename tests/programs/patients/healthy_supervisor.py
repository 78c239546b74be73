"""Healthy: main looks now and then whether it is to stop; of its workers one has failed, and one waits for work."""

from multiprocessing import Event, Process, Queue


def fail():
    raise SystemExit(3)


def work(jobs):
    jobs.get()


if __name__ == "__main__":
    stop, jobs = Event(), Queue()
    failed = Process(target=fail)
    failed.start()
    Process(target=work, args=(jobs,), daemon=True).start()
    failed.join()
    print("one has failed:", failed.exitcode)
    while not stop.wait(0.4):
        pass
