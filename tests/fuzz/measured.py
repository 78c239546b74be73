"""`python -m tests.fuzz.measured FILE ARGUMENTS…`: the procsim command; FILE is told the most memory it had, in bytes.

What the system counts of a child (`ru_maxrss`) begins with the memory of whoever started it.
"""

import re
import sys
from pathlib import Path

from procsim.__main__ import main


def peak() -> int:
    """The most memory that this process has had, in bytes (proc(5): VmHWM); 0: the system does not tell."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    _script, told, *sys.argv[1:] = sys.argv
    try:
        main()
    finally:
        Path(told).write_text(str(peak()))
