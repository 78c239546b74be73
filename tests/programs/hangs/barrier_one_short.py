"""One of three never comes to the barrier."""

from multiprocessing import Barrier, Process


def work(number, meeting):
    if number == 2:
        return  # does not come
    meeting.wait()  # waits


if __name__ == "__main__":
    meeting = Barrier(3)  # made
    workers = [Process(target=work, name=f"worker-{number}", args=(number, meeting)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
