"""The guardian: if procsim itself is killed, it ends the run's processes and removes its folder.

`lifeline` starts it as a script of its own, in a session of its own, with the read end of a pipe as standard input.
Through that pipe procsim reports which processes belong to the run: a main that writes over its environment
(setproctitle), or an orphan whose environment was cleared, could not be recognized otherwise. The end of the pipe means
that procsim is gone. When a run has ended, procsim ends its guardian.

So most guardians have nothing to do, and it is started while the program is: it imports only then what it needs, and
where packages are (`python -S`).
"""

import os
import sys

READ_SIZE = 1 << 12


def main(folder: str, session: int | None) -> None:
    """Wait for the end of standard input, then clean up after the run in `folder`; `session`: see `members.Members`."""
    reported: dict[tuple[bytes, bytes], bytes] = {}
    rest = b""
    while data := os.read(0, READ_SIZE):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            key = line.split()[0], line.split()[-1]  # PID and role, so that there are only so many
            reported.pop(key, None)
            reported[key] = line  # the last one comes last: the system may have given the PID again
    import shutil
    import site

    site.main()
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from procsim.running.members import Members

    members = Members(folder, session)
    for line in reported.values():
        members.add_reported(line.decode())
    members.end()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
