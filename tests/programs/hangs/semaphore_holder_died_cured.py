"""Both who had a place of a semaphore have left it as they should."""

from multiprocessing import Process, Semaphore


def work(places):
    with places:
        print("works")


def late(places):
    with places:
        print("has a place")


if __name__ == "__main__":
    places = Semaphore(2)
    for number in range(2):
        worker = Process(target=work, name=f"worker-{number}", args=(places,))
        worker.start()
        worker.join()
    last = Process(target=late, name="last", args=(places,))
    last.start()
    last.join()
