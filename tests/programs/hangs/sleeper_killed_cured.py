"""All that wait for a notice are woken, and joined."""

import time
from multiprocessing import Condition, Process


def sleep(morning):
    with morning:
        morning.wait()


if __name__ == "__main__":
    morning = Condition()
    sleepers = [Process(target=sleep, args=(morning,), name=f"sleeper-{number}") for number in range(2)]
    for sleeper in sleepers:
        sleeper.start()
    while morning._sleeping_count._semlock._get_value() < 2:
        time.sleep(0.01)
    with morning:
        morning.notify_all()
    for sleeper in sleepers:
        sleeper.join()
