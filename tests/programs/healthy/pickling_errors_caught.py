"""What cannot be pickled is tried, and the error is caught: a fallback, as many programs have one."""

import pickle
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pipe, Pool, Process, Queue, SimpleQueue, get_start_method


def fail(kind):
    """A task's own errors, with the words of multiprocessing's."""
    if kind == "dumps":
        return pickle.dumps(threading.Lock())
    if kind == "loads":
        return pickle.loads(b"c__main__\nnowhere\n.")
    if kind == "shared":
        raise RuntimeError("Queue objects should only be shared between processes through inheritance")
    raise RuntimeError("An attempt has been made before the process has finished its bootstrapping phase.")


def caught(call, *args):
    try:
        call(*args)
    except Exception as error:
        print(type(error).__name__)


def start(target, *args):
    child = Process(target=target, args=args)
    child.start()
    child.join()


def child():
    for kind in ("dumps", "loads", "shared", "bootstrapping"):
        caught(fail, kind)


def main():
    kinds = ("dumps", "loads", "shared", "bootstrapping")
    child()
    start(child)
    if get_start_method() != "fork":
        caught(start, print, threading.Lock())
    caught(Pipe()[0].send, threading.Lock())
    caught(SimpleQueue().put, threading.Lock())
    caught(pickle.dumps, Queue())
    with Pool(2) as pool:
        for kind in kinds:
            caught(pool.apply, fail, (kind,))
            caught(pool.map, fail, [kind])
        caught(pool.apply, print, (threading.Lock(),))
        caught(pool.apply, threading.Lock)
    with ProcessPoolExecutor(2) as executor:
        for kind in kinds:
            caught(executor.submit(fail, kind).result)
        caught(executor.submit(print, threading.Lock()).result)
        caught(executor.submit(threading.Lock).result)


if __name__ == "__main__":
    main()
