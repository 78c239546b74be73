"""Prints in every way there is."""

import sys
from multiprocessing import Process


def main():
    print("one")  # one
    print("two", end=" ")
    sys.stdout.write("three\n")
    print("half", end="…")
    sys.stdout.flush()
    sys.stdout.write("é中😀\n" * 1000)
    print("x" * 3_000_000)
    try:
        print("\ud800")
    except UnicodeEncodeError as error:
        print(type(error).__name__)
    print("to stderr", file=sys.stderr)
    print("last, no end", end="")


if __name__ == "__main__":
    process = Process(target=main, name="printer")
    process.start()
    process.join()
    raise SystemExit(process.exitcode)
