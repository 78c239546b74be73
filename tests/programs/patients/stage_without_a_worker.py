"""The first stage waits for what the second one puts, and the executor has a worker for one of them alone."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from queue import Queue


def ask(questions: "Queue[str]", answers: "Queue[str]") -> str:
    questions.put("how many?")
    return answers.get()  # waits


def answer(questions: "Queue[str]", answers: "Queue[str]") -> None:
    answers.put(f"{questions.get()} 7")


if __name__ == "__main__":
    with multiprocessing.Manager() as manager, ProcessPoolExecutor(1) as executor:  # made
        questions, answers = manager.Queue(), manager.Queue()
        asked = executor.submit(ask, questions, answers)
        executor.submit(answer, questions, answers)  # submitted
        print(asked.result())
