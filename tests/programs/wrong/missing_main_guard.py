"""What starts the process stands at the top level of the file, which under spawn each new process runs, too."""

from multiprocessing import Process


def work():
    print("work")


child = Process(target=work, name="worker")
child.start()  # starts
child.join()
