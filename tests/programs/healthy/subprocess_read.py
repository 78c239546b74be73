"""The output of a program that is no Python is read through a pipe."""

import subprocess
from multiprocessing import Process


def work():
    print(subprocess.run(["sh", "-c", "sleep 1.5; echo done"], capture_output=True, text=True).stdout)


if __name__ == "__main__":
    worker = Process(target=work)
    worker.start()
    worker.join()
    with subprocess.Popen(["sh", "-c", "read line; sleep 1; echo $line"], stdin=-1, stdout=-1, text=True) as program:
        print(program.communicate("hello\n")[0])
