"""Main takes as many answers as there are."""

from multiprocessing import Process, SimpleQueue


def answer(questions, answers):
    answers.put(questions.get() * 2)


if __name__ == "__main__":
    questions, answers = SimpleQueue(), SimpleQueue()
    helper = Process(target=answer, name="helper", args=(questions, answers))
    helper.start()
    questions.put(21)
    print(answers.get())
    helper.join()
