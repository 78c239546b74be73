"""As exit_unseen, cured: main looks at the exit codes."""

import sys
from multiprocessing import Process


def upload(files):
    for name in files:
        if not name:
            sys.exit(3)


def main():
    children = [Process(target=upload, args=(files,), name=f"upload-{len(files)}") for files in (["a"], ["b", ""])]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("failed:", [child.name for child in children if child.exitcode])


if __name__ == "__main__":
    main()
