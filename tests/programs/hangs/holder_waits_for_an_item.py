"""The customer holds the lock while it waits for an answer, and the clerk needs that lock before it can answer."""

from multiprocessing import Event, Lock, Process, Queue


class Desk:
    def __init__(self):
        self.mutex = Lock()  # made
        self.asked, self.answers = Event(), Queue()

    def ask(self):
        with self.mutex:  # holds
            self.asked.set()
            print(self.answers.get())  # takes

    def answer(self):
        self.asked.wait()
        with self.mutex:  # waits
            self.answers.put("an answer")


if __name__ == "__main__":
    desk = Desk()
    customer = Process(target=desk.ask, name="customer")
    clerk = Process(target=desk.answer, name="other")
    customer.start()
    clerk.start()
    customer.join()
    clerk.join()
