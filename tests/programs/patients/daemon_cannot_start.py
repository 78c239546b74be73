"""A daemon is to start helpers, which no daemon may; it logs the AssertionError and ends well. Main waits for answers.

Wanted: MainProcess waits for an item of `answers`; planner ended without having put one, start() at its line raised
AssertionError.
"""

import logging
from multiprocessing import Process, Queue

log = logging.getLogger("planner")


def solve(part, answers):
    answers.put(part * 2)


def plan(parts, answers):
    try:
        helpers = [Process(target=solve, args=(part, answers)) for part in parts]
        for helper in helpers:
            helper.start()  # raises
        for helper in helpers:
            helper.join()
    except Exception:
        log.debug("planning failed", exc_info=True)


if __name__ == "__main__":
    answers = Queue()  # made
    planner = Process(target=plan, args=([1, 2], answers), name="planner", daemon=True)
    planner.start()
    print(answers.get() + answers.get())  # waits
    planner.join()
