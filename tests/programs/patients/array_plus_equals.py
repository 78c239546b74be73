"""Three add to an element of an Array, one after the other's read: updates are lost.

Wanted: updates of tallies[1] lost: one read 0 and wrote 1, another had read 0 before that and wrote 1 over it, at its
lines; hold tallies.get_lock() round both.
"""

from multiprocessing import Array, Barrier, Process


def tally(tallies, both):
    before = tallies[1]  # reads
    both.wait()
    tallies[1] = before + 1  # writes


if __name__ == "__main__":
    tallies, both = Array("i", 3), Barrier(3)
    people = [Process(target=tally, args=(tallies, both), name=f"clerk-{n}") for n in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    print("counted", tallies[1], "of", 3)
