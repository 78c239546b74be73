"""Main reads the output of a program while it runs."""

import subprocess
import sys

PRINT = "print('x' * 1_000_000)"

if __name__ == "__main__":
    printer = subprocess.Popen([sys.executable, "-c", PRINT], stdout=subprocess.PIPE)
    output, _ = printer.communicate()
    print(len(output))
