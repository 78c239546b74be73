"""main leaves the `with` block of a Pool right after it has submitted the tasks, and so ends the Pool too early."""

from multiprocessing import Event, Pool


def keep(event):
    global never
    never = event


def save(name):
    never.wait()  # As a task that takes long.
    print(name)


if __name__ == "__main__":
    with Pool(1, keep, (Event(),)) as pool:  # made
        for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
            pool.apply_async(save, (name,))
    print("all saved")
