"""What a task raises cannot be unpickled: its class takes other arguments than it hands on, and the executor breaks."""

from concurrent.futures import ProcessPoolExecutor


class HTTPError(Exception):
    def __init__(self, url: str, code: int) -> None:
        super().__init__(f"{url}: {code}")


def fetch(url: str) -> str:
    raise HTTPError(url, 404)  # raises


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:  # made
        print(executor.submit(fetch, "localhost").result())  # asks
