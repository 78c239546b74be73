"""Two cashiers read a number in shared memory or in a manager, then each writes one less: one of the two is lost."""

import ctypes
import sys
from multiprocessing import Array, Barrier, Manager, Process, Value


class Till(ctypes.Structure):
    _fields_ = [("euros", ctypes.c_int), ("cents", ctypes.c_int)]


def sell(kind, left, both):
    if kind == "value":
        number = left.value  # reads value
        both.wait()
        left.value = number - 1  # writes value
    elif kind == "field":
        number = left.cents  # reads field
        both.wait()
        left.cents = number - 1  # writes field
    elif kind == "namespace":
        number = left.number  # reads namespace
        both.wait()
        left.number = number - 1  # writes namespace
    elif kind == "proxy":
        number = left.get()  # reads proxy
        both.wait()
        left.set(number - 1)  # writes proxy
    else:
        place = "number" if kind == "dict" else 1
        number = left[place]  # reads items
        both.wait()
        left[place] = number - 1  # writes items


def main(kind):
    manager = Manager() if kind not in ("value", "field", "array") else None
    if kind == "value":
        left = Value("i", 10)
    elif kind == "field":
        left = Value(Till, 3, 10)
    elif kind == "array":
        left = Array("i", [3, 10])
    elif kind == "dict":
        left = manager.dict(number=10)
    elif kind == "list":
        left = manager.list([3, 10])
    elif kind == "namespace":
        left = manager.Namespace(number=10)
    else:
        left = manager.Value("i", 10)
    both = Barrier(2)
    cashiers = [Process(target=sell, args=(kind, left, both)) for _ in range(2)]
    for cashier in cashiers:
        cashier.start()
    for cashier in cashiers:
        cashier.join()
    print(left)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "value")
