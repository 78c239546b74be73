"""The exit codes of the `procsim` command. `procsim watch` otherwise passes on the exit code of the program."""

import enum


class ExitCode(enum.IntEnum):
    """They are listed in procsim/guide/options.md. As numbers, since not every system has these signals."""

    SHOWN = 0  # what the lesson states, or a program that ended well
    NOT_SHOWN = 1  # the run did not show what it was to show, or the program itself has failed
    WRONG_USE = 2
    HUNG = 3
    WRONG = 4
    WRONG_ORDER = 5  # `explore` has found an order of steps in which the program goes wrong
    INTERRUPTED = 130  # 128 + SIGINT, as a shell reports who was ended by it
    READER_GONE = 141  # 128 + SIGPIPE
