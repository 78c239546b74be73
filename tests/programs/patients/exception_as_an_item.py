"""A worker puts the exception that it has caught, and that cannot be made again from its `args`.

Wanted: main ended when it unpickled what another process had sent.
"""

from multiprocessing import Process, Queue


class ParseError(Exception):
    def __init__(self, line, column):
        super().__init__(f"at {line}:{column}")
        self.line, self.column = line, column


def parse(results):
    try:
        raise ParseError(3, 4)
    except ParseError as error:
        results.put(error)


if __name__ == "__main__":
    results = Queue()
    parser = Process(target=parse, args=(results,), name="parser")
    parser.start()
    print(results.get())  # raises
    parser.join()
