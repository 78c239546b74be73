"""Objects that are assigned to all sorts of variables, and to none."""

from multiprocessing import Lock, Pipe, Queue, Value

at_module_level = Lock()  # module


class Thing:
    def __init__(self):
        self.attribute = Lock()  # attribute


def helper():
    return Lock()


def main(wanted=True):
    local = Lock()  # local
    thing = Thing()
    first, second = Lock(), Queue()
    listed = [Lock() for _ in range(2)]
    helped = helper()
    chosen = Lock() if wanted else None
    print(Lock())
    shared = Value("i", 0)
    left, right = Pipe()
    piped = [Pipe() for _ in range(2)]
    return local, thing, first, second, listed, helped, chosen, shared, left, right, piped


if __name__ == "__main__":
    main()
