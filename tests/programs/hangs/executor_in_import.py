"""A module uses an executor while it is imported, and waits at the end of its block: the task cannot be pickled yet."""

if __name__ == "__main__":
    import executor_in_import  # noqa: F401 - this file, under its own name
else:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    def square(number):
        return number * number

    executor = ProcessPoolExecutor(1, get_context("fork"))  # made
    future = executor.submit(square, 3)
    executor.shutdown()  # waits
    print(future.result())
