"""The function is called where it was to be given: main does the work, and the process has nothing to do."""

from multiprocessing import Process


def work(number):
    print("work", number)


def main():
    process = Process(target=work(2), name="worker")  # made
    process.start()  # starts
    process.join()


if __name__ == "__main__":
    main()
