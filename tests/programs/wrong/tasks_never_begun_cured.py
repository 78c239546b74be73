"""main waits for the tasks before it leaves the block."""

from multiprocessing import Pool


def save(name):
    print(name)


if __name__ == "__main__":
    with Pool(1) as pool:
        for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
            pool.apply_async(save, (name,))
        pool.close()
        pool.join()
    print("all saved")
