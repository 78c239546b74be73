"""Each task of apply_async raises, and nobody asks for the results: nothing is saved, and nothing is said."""

from multiprocessing import Pool


def save(name, folder):
    print(f"{folder}/{name}")


if __name__ == "__main__":
    pool = Pool(2)  # made
    for name in ("a.txt", "b.txt", "c.txt"):
        pool.apply_async(save, (name,), {"directory": "out"})  # submits
    pool.close()
    pool.join()
    print("all saved")
