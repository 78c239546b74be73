"""What the `procsim` command ends with. `watch` otherwise passes on the program's own."""

import enum
import signal


class ExitCode(enum.IntEnum):
    """As README.md explains them."""

    SHOWN = 0
    NOT_SHOWN = 1
    WRONG_USE = 2
    HUNG = 3
    INTERRUPTED = 128 + signal.SIGINT
    READER_GONE = 128 + signal.SIGPIPE  # as a shell tells of those who die of it
