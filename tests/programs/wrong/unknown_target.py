"""A function that is defined below the guard: under spawn a new process does not know it."""

from multiprocessing import Process

if __name__ == "__main__":

    def work():
        print("work")

    child = Process(target=work, name="worker")
    child.start()  # starts
    child.join()
