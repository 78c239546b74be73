"""Processes are killed or fail, and the program learns it in its own way: by waitpid, or by their poll()."""

import os
import signal
import time
from multiprocessing import Process


class Own:
    """A child that the program runs by itself."""

    def __init__(self, work):
        self.pid = os.fork()
        if not self.pid:
            work()
            os._exit(0)

    def wait(self):
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return os.waitpid(self.pid, 0)[1]


def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def fails():
    os._exit(3)


if __name__ == "__main__":
    print("ended with", os.waitstatus_to_exitcode(Own(is_killed).wait()))
    for work in (is_killed, fails):
        process = Process(target=work)
        process.start()
        while (code := process._popen.poll()) is None:
            time.sleep(0.01)
        print("ended with", code)
