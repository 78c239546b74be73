"""Healthy: a service with a handler of SIGTERM joins a child that receives; its handler tells the child to end."""

import os
import signal
import threading
from multiprocessing import Pipe, Process


def work(incoming):
    print(incoming.recv())


if __name__ == "__main__":
    incoming, outgoing = Pipe(duplex=False)
    signal.signal(signal.SIGTERM, lambda number, frame: outgoing.send("told to end"))
    child = Process(target=work, args=(incoming,))
    child.start()
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    child.join()
