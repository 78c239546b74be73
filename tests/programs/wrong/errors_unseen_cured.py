"""main asks for the results, and learns that nothing was saved."""

from multiprocessing import Pool


def save(name, folder):
    print(f"{folder}/{name}")


if __name__ == "__main__":
    pool = Pool(2)
    results = [pool.apply_async(save, (name,), {"directory": "out"}) for name in ("a.txt", "b.txt", "c.txt")]
    pool.close()
    pool.join()
    for result in results:
        try:
            result.get()
        except TypeError:
            print("not saved")
