"""The entry point. It imports the command line only when a command really runs: a spawned child imports this too."""

import os
import signal
import sys


def main() -> None:
    """Run the `procsim` command, and end the process with its exit code."""
    # Until a run has begun there is nothing to clean up: Ctrl-C just ends us, where a shell does not keep it from us.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))
    from procsim.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
