"""What lives in a manager's process waits for the answer of a server that is no part of the program."""

import os
import socket
import subprocess
import sys
from multiprocessing.managers import BaseManager

SERVER = """
import os, socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
os.close(1)
if not os.fork():
    client, _ = server.accept()
    time.sleep(1.5)
    client.sendall(b"answer")
"""


class Asker:
    def ask(self, port):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            return connection.recv(100)


class AskingManager(BaseManager):
    pass


AskingManager.register("Asker", Asker)

if __name__ == "__main__":
    # Another environment, so that nobody looks into it.
    command = [sys.executable, "-I", "-S", "-c", SERVER]
    server = subprocess.run(command, env={"HOME": os.sep}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with AskingManager() as manager:
        print(manager.Asker().ask(int(server.stdout)))
