"""The customer lets go of the lock before it waits for an answer."""

from multiprocessing import Event, Lock, Process, Queue


class Desk:
    def __init__(self):
        self.mutex = Lock()
        self.asked, self.answers = Event(), Queue()

    def ask(self):
        with self.mutex:
            self.asked.set()
        print(self.answers.get())

    def answer(self):
        self.asked.wait()
        with self.mutex:
            self.answers.put("an answer")


if __name__ == "__main__":
    desk = Desk()
    customer = Process(target=desk.ask, name="customer")
    clerk = Process(target=desk.answer, name="other")
    customer.start()
    clerk.start()
    customer.join()
    clerk.join()
