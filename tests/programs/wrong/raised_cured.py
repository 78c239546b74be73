"""A child ends by an exception, and main sees that from its exit code."""

from multiprocessing import Process


def work(numbers):
    print(sum(numbers) / len(numbers))


def main():
    child = Process(target=work, name="average", args=([],))
    child.start()
    child.join()
    print("done" if child.exitcode == 0 else "there is no average")


if __name__ == "__main__":
    main()
