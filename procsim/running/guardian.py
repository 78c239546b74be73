"""The guardian: if procsim itself is killed, it ends the run's processes and removes its folder.

Started by `run` as a script of its own, in a session of its own, with the read end of a pipe as standard input. Through
that pipe it hears which processes belong to the run; its end says that procsim is gone. A run that ends as it should
takes its guardian with it.
"""

import os
import shutil
import sys

READ_SIZE = 1 << 12


def main(folder: str, session: int | None) -> None:
    """Wait for the end of standard input, then clean up after the run in `folder`; `session`: see `members.Members`."""
    heard: dict[tuple[bytes, bytes], bytes] = {}
    rest = b""
    while data := os.read(0, READ_SIZE):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            key = line.split()[0], line.split()[-1]  # PID and role, so that there are only so many
            heard.pop(key, None)
            heard[key] = line  # the last one comes last: the system may have given the PID again
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from procsim.running.members import Members

    members = Members(folder, session)
    for line in heard.values():
        members.hear(line.decode())
    members.end()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
