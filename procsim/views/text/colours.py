"""A colour for each process, the same wherever it is drawn."""

COLOURS = ("cyan", "yellow", "magenta", "green", "blue", "red")


def colour_of(pid: int) -> str:
    """The colour of a process. PIDs are given in their order, so that those that began together have different ones."""
    return COLOURS[pid % len(COLOURS)]
