"""`python -m tests.fuzz.measured FILE ARGUMENTS…`: the procsim command; FILE is told the most memory it had, in KiB.

What the system counts of a child (`ru_maxrss`) begins with the memory of whoever started it.
"""

import re
import sys
from pathlib import Path

from procsim.__main__ import main

if __name__ == "__main__":
    _script, told, *sys.argv[1:] = sys.argv
    try:
        main()
    finally:
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        Path(told).write_text(peak[1] if peak else "0")
