"""A process is ended while it waits for a notice, and who notifies waits for it to wake up."""

import time
from multiprocessing import Condition, Process


def sleep(morning):
    with morning:
        morning.wait()


if __name__ == "__main__":
    morning = Condition()  # made
    sleepers = [Process(target=sleep, args=(morning,), name=f"sleeper-{number}") for number in range(2)]
    for sleeper in sleepers:
        sleeper.start()
    while morning._sleeping_count._semlock._get_value() < 2:
        time.sleep(0.01)
    sleepers[0].terminate()  # killed
    sleepers[0].join()
    with morning:
        morning.notify_all()  # waits
    sleepers[1].join()
