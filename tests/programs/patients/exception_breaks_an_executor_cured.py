"""The same, and the exception hands all its arguments on: main catches it."""

from concurrent.futures import ProcessPoolExecutor


class HTTPError(Exception):
    def __init__(self, url: str, code: int) -> None:
        super().__init__(url, code)


def fetch(url: str) -> str:
    raise HTTPError(url, 404)


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        try:
            print(executor.submit(fetch, "localhost").result())
        except HTTPError as error:
            print(error)
