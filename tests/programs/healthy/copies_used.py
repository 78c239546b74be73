"""What a manager gives is a copy, and is used as one here: sorted, added to, put back."""

from multiprocessing import Lock, Manager, Process


def work(shared, lock, number):
    with lock:
        scores = shared["scores"]
        scores.append(number)
        shared["scores"] = scores
        shared["config"] = {**shared["config"], number: True}
    ranking = shared["scores"]
    ranking.sort(reverse=True)
    assert ranking[0] >= number
    options = shared["options"]
    options.setdefault("depth", 3)
    shared[f"result {number}"] = options["depth"] * number


if __name__ == "__main__":
    with Manager() as manager:
        shared, lock = manager.dict(scores=[], config={}, options={"width": 2}), Lock()
        workers = [Process(target=work, args=(shared, lock, number)) for number in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = shared["scores"]
        best.sort()
        print(best, sorted(shared["config"]), sum(shared[f"result {number}"] for number in range(3)))
