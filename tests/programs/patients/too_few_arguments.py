"""A function takes two arguments, and the process was given one: it fails before the first line of the function.

Wanted: resizer could not call resize with what the Process was given; at the line that made it.
"""

from multiprocessing import Process


def resize(path, width):
    print(path, width)


if __name__ == "__main__":
    resizer = Process(target=resize, args=("photo.png",), name="resizer")  # made
    resizer.start()
    resizer.join()
