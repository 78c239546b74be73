"""A child ends by an exception, and main, which has joined it, goes on as if the work were done."""

from multiprocessing import Process


def work(numbers):
    print(sum(numbers) / len(numbers))  # raises


def main():
    child = Process(target=work, name="average", args=([],))
    child.start()  # starts
    child.join()
    print("done")


if __name__ == "__main__":
    main()
