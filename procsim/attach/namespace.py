"""Whether a process is in a PID namespace of its own, such as a container.

The numbers of threads and children in its memory are those of that namespace, and mean others here.
"""


def number_inside(pid: int) -> int | None:
    """Its PID in the namespace that it is in; None: that is procsim's own, or it has just ended.

    See `NSpid` in proc(5): the first number is the one here, the last the one there.
    """
    try:
        with open(f"/proc/{pid}/status") as file:
            row = next((line for line in file if line.startswith("NSpid:")), "")
    except OSError:
        return None
    numbers = row.split()[1:]
    return int(numbers[-1]) if len(numbers) > 1 else None
