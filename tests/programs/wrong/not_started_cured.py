"""start is called, and join waits."""

from multiprocessing import Process


def work():
    print("work")


def main():
    process = Process(target=work, name="worker")
    process.start()
    process.join()


if __name__ == "__main__":
    main()
