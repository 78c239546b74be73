"""An argument of a task refuses to be made in another process than the first: the task that has it is lost."""

import multiprocessing


class Handle:
    def __init__(self, number: int) -> None:
        self.number = number

    def __setstate__(self, state: dict[str, int]) -> None:
        if multiprocessing.parent_process() is not None:
            raise ValueError("made elsewhere")  # raises
        self.__dict__.update(state)


def use(handle: Handle) -> int:
    return handle.number


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:  # made
        print(pool.apply_async(use, (Handle(3),)).get())  # waits
