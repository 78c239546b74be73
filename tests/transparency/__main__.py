"""The command line. Exit code 0: no test came out otherwise with the tracer."""

import argparse
import os
import re
import sys
import time
from collections import Counter

from tests.transparency import compare

METHODS = ("fork", "spawn", "forkserver")


def main() -> int:
    """Compare what is asked for, and tell what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.transparency")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="fork, spawn, forkserver; else all three")
    parser.add_argument("--classes", default="", metavar="PATTERN", help="those that a regular expression finds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="classes that run at once")
    parser.add_argument("--verbose", action="store_true", help="tell each class, and how each of its tests came out")
    options = parser.parse_args()
    if not set(options.methods) <= set(METHODS):
        parser.error(f"a METHOD is one of {', '.join(METHODS)}")
    found = [show(method, options) for method in options.methods or METHODS]
    return 1 if any(found) else 0


def show(method: str, options: argparse.Namespace) -> bool:
    """Compare under one start method. Returns whether something differs."""
    began = time.monotonic()
    names = [name for name in compare.class_names(method) if re.search(options.classes, name)]
    counted: Counter[str] = Counter()
    differs = False
    for comparison in compare.compare_all(names, method, options.jobs):
        results = {test: result for test, result in comparison.results.items() if " (" not in test}
        counted.update(result.result for result in results.values())
        if options.verbose:
            print(f"{method} {comparison.name}: {len(results)} tests")
            print(*(f"  {test}: {result.result} {result.detail}" for test, result in results.items()), sep="\n")
        for difference in comparison.differences:
            differs = differs or difference.again
            print(compare.described(difference), flush=True)
    figures = ", ".join(f"{count} {result}" for result, count in counted.most_common())
    took = time.monotonic() - began
    print(f"{method}: {len(names)} classes, {counted.total()} tests ({figures}) in {took:.0f} s", flush=True)
    return differs


if __name__ == "__main__":
    sys.exit(main())
