"""Main waits for a program to end whose output it has not read; it does not fit into the pipe."""

import subprocess
import sys

PRINT = "print('x' * 1_000_000)"

if __name__ == "__main__":
    printer = subprocess.Popen([sys.executable, "-c", PRINT], stdout=subprocess.PIPE)
    printer.wait()
    print(len(printer.stdout.read()))
