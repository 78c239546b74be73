"""Without a guard, under spawn, the new process fails as it runs the file of the program; main waits for its item.

Wanted: one finding: main waits, by whose end, and the cure is the guard.
"""

import multiprocessing

spawn = multiprocessing.get_context("spawn")


def work(results):
    results.put(1)


results = spawn.Queue()  # made
worker = spawn.Process(target=work, args=(results,), name="worker")
worker.start()  # raises
print(results.get())  # waits
worker.join()
