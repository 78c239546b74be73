"""Both workers are started, under other names than they had; a third one is not needed."""

from multiprocessing import Process, Queue


def work(results):
    results.put("done")


if __name__ == "__main__":
    results = Queue()
    people = [Process(target=work, args=(results,)) for _ in range(3)]
    for number, person in enumerate(people[:2]):
        person.name = f"worker-{number}"
        person.start()
    print(results.get())
    print(results.get())
