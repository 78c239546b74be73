"""Two workers of an executor change a JSON file, one after the other had done so: it comes out right in this run.

The luck is made here: one looks by a function of C, which procsim does not see, for what the other makes at its end.
So each has a worker to itself, however late that one is there.

Wanted: probably: it came out right in this run; nothing keeps the two apart at shop.json.
"""

import ctypes
import json
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor

LIBC = ctypes.CDLL(None)


def sell(path, late):
    luck = f"{path}.luck".encode()
    while late and LIBC.access(luck, os.F_OK):
        LIBC.usleep(1000)
    with open(path) as file:
        shop = json.load(file)  # reads
    shop["left"] -= 1
    with open(path, "w") as file:  # writes as it is closed
        json.dump(shop, file)
    LIBC.close(LIBC.creat(luck, 0o600))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "shop.json")
        with open(path, "w") as file:
            json.dump({"left": 10}, file)
        with ProcessPoolExecutor(2) as executor:
            for future in [executor.submit(sell, path, late) for late in (True, False)]:
                future.result()
        with open(path) as file:
            print("left", json.load(file)["left"])
