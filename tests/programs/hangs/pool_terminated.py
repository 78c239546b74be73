"""The `with` block of a Pool ends, which terminates it, before main asks for the results: they never come."""

from multiprocessing import Event, Pool


def begin(event):
    global may_go_on
    may_go_on = event


def work(number):
    may_go_on.wait()
    return number


if __name__ == "__main__":
    with Pool(2, begin, (Event(),)) as pool:  # made
        results = [pool.apply_async(work, (number,)) for number in range(4)]
    print(results[0].get())  # waits
