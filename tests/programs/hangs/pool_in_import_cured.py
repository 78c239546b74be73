"""The module computes in a function that is called when it has been imported."""

if __name__ == "__main__":
    import pool_in_import_cured

    pool_in_import_cured.main()
else:
    from multiprocessing import get_context

    def square(number):
        return number * number

    def main():
        with get_context("fork").Pool(2) as pool:
            print(pool.map(square, range(4)))
