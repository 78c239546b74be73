"""The guardian: if procsim itself is killed, it ends the run's processes and removes its folder.

Started by `run` as a script of its own, in a session of its own, with the read end of a pipe as standard input. Nobody
writes to that pipe; its end says that procsim is gone. A run that ends as it should takes its guardian with it.
"""

import os
import shutil
import sys


def main(folder: str) -> None:
    """Wait for the end of standard input, then clean up after the run in `folder`."""
    while os.read(0, 1):
        pass
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from procsim.members import end_all

    end_all(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
