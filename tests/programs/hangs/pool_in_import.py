"""A module computes with a Pool while it is imported: the Pool cannot pickle its function before that is done."""

if __name__ == "__main__":
    import pool_in_import  # noqa: F401 - this file, under its own name
else:
    from multiprocessing import get_context

    def square(number):
        return number * number

    with get_context("fork").Pool(2) as pool:  # made
        print(pool.map(square, range(4)))  # waits
