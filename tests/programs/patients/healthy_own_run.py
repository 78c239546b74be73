"""Healthy: subclasses of Process, with a run() of their own or one that is inherited, and a target."""

from multiprocessing import Process


class Base(Process):
    def run(self):
        print(self.work())


class Worker(Base):
    def work(self):
        return "works"


class Named(Process):
    pass


if __name__ == "__main__":
    for process in (Worker(), Named(target=print, args=("named",))):
        process.start()
        process.join()
