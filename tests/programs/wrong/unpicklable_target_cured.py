"""What a process is to run has a name at the top level, and what it is given is multiprocessing's own."""

from multiprocessing import Lock, Process


def report(value):
    print(type(value).__name__)


def main():
    lock = Lock()  # it must live until the child has it
    child = Process(target=report, args=(lock,))
    child.start()
    child.join()


if __name__ == "__main__":
    main()
