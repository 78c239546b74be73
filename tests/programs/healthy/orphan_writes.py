"""Who writes to the pipe and to the queue has no parent and nothing of this program's environment."""

import os
import subprocess
import sys
from multiprocessing import SimpleQueue

PUT = """
import os, pickle, struct, time
time.sleep(1.5)
item = pickle.dumps('item')
os.write({}, struct.pack('!i', len(item)) + item)
"""


def leave_behind(command, descriptor):
    command = f"({command}) </dev/null >/dev/null 2>&1 &"
    subprocess.run(["/bin/sh", "-c", command], env={}, pass_fds=[descriptor])


if __name__ == "__main__":
    reading, writing = os.pipe()
    leave_behind(f"sleep 1.5; echo hello >&{writing}", writing)
    print(os.read(reading, 10))
    queue = SimpleQueue()
    descriptor = queue._writer.fileno()
    leave_behind(f'{sys.executable} -S -I -c "{PUT.format(descriptor)}"', descriptor)
    print(queue.get())
