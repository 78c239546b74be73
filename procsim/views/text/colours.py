"""The colour of a process, the same wherever it is drawn."""

COLOURS = ("cyan", "yellow", "magenta", "green", "blue", "red")


def colour_of(pid: int) -> str:
    """The colour of a process. PIDs are consecutive, so processes that began together have different colours."""
    return COLOURS[pid % len(COLOURS)]
