"""What is measured by hand: `python -m tests.bench`, or one of it as `python -m tests.bench.<name>`.

Run it from the root of the repository, on a machine that does nothing else. Every ratio is of medians of rounds in
which its two sides alternate, so that a slow moment of the machine falls on both.
"""
