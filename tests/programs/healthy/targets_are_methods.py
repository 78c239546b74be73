"""What processes run are the methods of a barrier and an event themselves."""

from multiprocessing import Barrier, Event, Process

if __name__ == "__main__":
    barrier, event = Barrier(3), Event()
    processes = [Process(target=barrier.wait), Process(target=barrier.wait), Process(target=event.set)]
    for process in processes:
        process.start()
    barrier.wait()
    event.wait()
    for process in processes:
        process.join()
    print("through")
