"""start without its parentheses does nothing, and so join raises."""

from multiprocessing import Process


def work():
    print("work")


def main():
    process = Process(target=work, name="worker")  # made
    process.start  # noqa: B018
    process.join()  # joins


if __name__ == "__main__":
    main()
