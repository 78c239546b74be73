"""The same, but main sets it before it joins them."""

from multiprocessing import Manager, Process


def run(go):
    go.wait()
    print("runs")


if __name__ == "__main__":
    with Manager() as manager:
        go = manager.Event()
        runners = [Process(target=run, name=f"runner-{number}", args=(go,)) for number in range(2)]
        for runner in runners:
            runner.start()
        go.set()
        for runner in runners:
            runner.join()
