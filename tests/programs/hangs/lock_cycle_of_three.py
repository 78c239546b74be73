"""Three eaters, each with the fork on its left, wait for the fork on their right."""

from multiprocessing import Barrier, Lock, Process


def eat(left, right, all_have_one):
    left.acquire()  # holds
    all_have_one.wait()
    right.acquire()  # waits
    right.release()
    left.release()


if __name__ == "__main__":
    forks = [Lock() for _ in range(3)]  # made
    all_have_one = Barrier(3)
    eaters = [
        Process(target=eat, name=f"eater-{seat}", args=(forks[seat], forks[(seat + 1) % 3], all_have_one))
        for seat in range(3)
    ]
    for eater in eaters:
        eater.start()
    for eater in eaters:
        eater.join()
