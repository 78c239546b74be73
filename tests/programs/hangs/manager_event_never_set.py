"""Two processes wait for an event of a manager's, and main, which was to set it, joins them before."""

from multiprocessing import Manager, Process


def run(go):
    go.wait()  # waits
    print("runs")


if __name__ == "__main__":
    with Manager() as manager:
        go = manager.Event()
        runners = [Process(target=run, name=f"runner-{number}", args=(go,)) for number in range(2)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join()
        go.set()
