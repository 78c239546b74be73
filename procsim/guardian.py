"""The guardian: if procsim itself is killed, it ends the run's processes, removes its folder, restores the terminal.

Started by `run` as a script of its own, in a session of its own, with the read end of a pipe as standard input. Through
that pipe it hears which processes belong to the run; its end says that procsim is gone. A run that ends as it should
takes its guardian with it.
"""

import contextlib
import os
import shutil
import sys
import termios

LEAVE_FULL_SCREEN = b"\x1b[?1049l\x1b[?25h"


READ_SIZE = 1 << 12


def main(folder: str, session: int, terminal: int | None) -> None:
    """Wait for the end of standard input, then clean up after the run in `folder`; `session`: see `members.Members`."""
    before = termios.tcgetattr(terminal) if terminal is not None else None
    with contextlib.suppress(OSError):
        os.write(1, b".")  # the terminal's state is kept: procsim may change it now
    os.close(1)
    heard: dict[bytes, bytes] = {}
    rest = b""
    while data := os.read(0, READ_SIZE):
        *lines, rest = (rest + data).split(b"\n")
        heard |= {line.partition(b" ")[0]: line for line in lines}  # by PID, so that there are only so many
    if terminal is not None and before is not None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)
            os.write(terminal, LEAVE_FULL_SCREEN)
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from procsim.members import Members

    members = Members(folder, session)
    for line in heard.values():
        members.hear(line.decode())
    members.end()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
