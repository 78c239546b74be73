"""The function is given, and its arguments apart."""

from multiprocessing import Process


def work(number):
    print("work", number)


def main():
    process = Process(target=work, args=(2,), name="worker")
    process.start()
    process.join()


if __name__ == "__main__":
    main()
