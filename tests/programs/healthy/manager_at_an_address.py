"""A manager that listens at an address, and a client of it that is no part of this program."""

import queue
import socket
import subprocess
import sys
from multiprocessing.managers import BaseManager

tasks = queue.Queue()


def get_tasks():
    return tasks


class Tasks(BaseManager):
    pass


Tasks.register("tasks", callable=get_tasks)

CLIENT = """
import time
from multiprocessing.managers import BaseManager
time.sleep(1.5)
BaseManager.register('tasks')
manager = BaseManager(('127.0.0.1', {}), b'key')
manager.connect()
manager.tasks().put('task')
"""

if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    manager = Tasks(("127.0.0.1", port), b"key")
    manager.start()
    client = f'({sys.executable} -S -I -c "{CLIENT.format(port)}") </dev/null >/dev/null 2>&1 &'
    subprocess.run(["/bin/sh", "-c", client], env={})
    print(manager.tasks().get())
    manager.shutdown()
