"""The main() of a command is run in a child; its argument parser exits on a wrong option, and nobody hears of it.

Wanted: MainProcess ended as if nothing had happened, but convert had ended with exit code 2, in main(); look at its
exitcode.
"""

import argparse
from multiprocessing import Process


def main(arguments):
    parser = argparse.ArgumentParser(prog="convert")
    parser.add_argument("--to", choices=["png", "jpeg"])
    options = parser.parse_args(arguments)  # exits
    print("converted to", options.to)


if __name__ == "__main__":
    command = Process(target=main, args=(["--to", "jpg"],), name="convert")
    command.start()
    command.join()
    print("ready")
