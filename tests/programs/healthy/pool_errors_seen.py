"""Results that are errors, and all are asked for: at once, later, by a callback, one by one, or not any further."""

from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import Pool
from threading import Event


def wrong(number):
    raise KeyError(number)


def perhaps(number):
    return 1 // (3 - number)


def numbers(taken):
    yield from range(3)
    taken.wait()
    yield from range(3, 8)


def seen(call, *arguments):
    try:
        return call(*arguments)
    except (KeyError, ZeroDivisionError) as error:
        return repr(error)


def of_a_pool():
    with Pool(2) as pool:
        results = [pool.apply_async(wrong, (number,)) for number in range(3)]
        pool.apply_async(wrong, (4,), error_callback=repr)
        items, mapped, single = pool.imap(wrong, [1]), pool.map_async(wrong, [1, 1]), pool.apply_async(wrong, (1,))
        pool.close()
        pool.join()
        print(seen(results[1].get), seen(items.next), seen(mapped.get), single.successful())
    with Pool(1) as pool:
        taken = Event()
        results = pool.imap_unordered(perhaps, numbers(taken))
        print(next(results))
        taken.set()  # an error comes later
        pool.close()
        pool.join()  # CPython's terminate() hangs now and then where a worker is in the middle of giving a result


def of_an_executor():
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(wrong, number) for number in range(3)]
        print([future.exception() for future in as_completed(futures)])
        executor.submit(wrong, 5).add_done_callback(lambda future: print(future.exception()))
        later = executor.submit(wrong, 6)
        print(seen(list, executor.map(wrong, range(5))))
    print(seen(later.result))


if __name__ == "__main__":
    of_a_pool()
    of_an_executor()
