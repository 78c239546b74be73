"""The results are asked for inside the `with` block."""

from multiprocessing import Event, Pool


def begin(event):
    global may_go_on
    may_go_on = event


def work(number):
    may_go_on.wait()
    return number


if __name__ == "__main__":
    event = Event()
    with Pool(2, begin, (event,)) as pool:
        results = [pool.apply_async(work, (number,)) for number in range(4)]
        event.set()
        print([result.get() for result in results])
