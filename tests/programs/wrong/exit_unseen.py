"""A child ends itself with an exit code that says that it failed, and main says that all went well."""

import sys
from multiprocessing import Process


def upload(files):
    for name in files:
        if not name:
            sys.exit(3)  # exits


def main():
    children = [Process(target=upload, args=(files,), name=f"upload-{len(files)}") for files in (["a"], ["b", ""])]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("all uploaded")


if __name__ == "__main__":
    main()
