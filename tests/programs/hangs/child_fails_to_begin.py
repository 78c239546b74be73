"""Under spawn a child fails as it imports the file, while start() still writes it a large argument."""

import multiprocessing

if __name__ == "__mp_main__":
    import no_such_module  # noqa: F401 # ended


def work(data):
    print(len(data))


if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    worker = spawn.Process(target=work, args=(b"x" * 2_000_000,), name="worker")
    worker.start()  # waits
    worker.join()
