"""Main waits for a signal that a sleeping child sends."""

import os
import signal
import time
from multiprocessing import Process


def send(pid):
    time.sleep(1.5)
    os.kill(pid, signal.SIGUSR2)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    child = Process(target=send, args=(os.getpid(),))
    child.start()
    print(signal.sigwait([signal.SIGUSR2]))
    child.join()
