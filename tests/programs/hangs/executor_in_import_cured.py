"""The module uses it in a function that is called when it has been imported."""

if __name__ == "__main__":
    import executor_in_import_cured

    executor_in_import_cured.main()
else:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    def square(number):
        return number * number

    def main():
        with ProcessPoolExecutor(1, get_context("fork")) as executor:
            future = executor.submit(square, 3)
        print(future.result())
