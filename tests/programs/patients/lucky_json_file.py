"""Two workers of an executor change a JSON file, one much later than the other: it comes out right in this run.

Wanted: probably: it came out right in this run; nothing keeps the two apart at shop.json.
"""

import json
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor


def sell(path, pause):
    time.sleep(pause)
    with open(path) as file:
        shop = json.load(file)  # reads
    shop["left"] -= 1
    with open(path, "w") as file:  # writes as it is closed
        json.dump(shop, file)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "shop.json")
        with open(path, "w") as file:
            json.dump({"left": 10}, file)
        with ProcessPoolExecutor(2) as executor:
            for future in [executor.submit(sell, path, pause) for pause in (0, 1)]:
                future.result()
        with open(path) as file:
            print("left", json.load(file)["left"])
