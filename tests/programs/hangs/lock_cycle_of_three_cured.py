"""Three eaters take the fork with the lower number first."""

from multiprocessing import Barrier, Lock, Process


def eat(left, right, all_have_one):
    all_have_one.wait()
    left.acquire()
    right.acquire()
    right.release()
    left.release()


def order(forks, seat):
    return [forks[number] for number in sorted((seat, (seat + 1) % 3))]


if __name__ == "__main__":
    forks = [Lock() for _ in range(3)]
    all_have_one = Barrier(3)
    eaters = [Process(target=eat, name=f"eater-{seat}", args=(*order(forks, seat), all_have_one)) for seat in range(3)]
    for eater in eaters:
        eater.start()
    for eater in eaters:
        eater.join()
