"""The entry point. It imports the command line only when a command really runs: a spawned child imports this too."""

import os
import signal
import sys


def main() -> None:
    """Run the `procsim` command, and end the process with its exit code."""
    # Until a run has begun there is nothing to clean up: Ctrl-C just ends us, where a shell does not keep it from us.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))
    try:
        from procsim.command.cli import run
    except OSError as error:  # no descriptor is left to read our own files by
        os.write(2, f"procsim: cannot be loaded: {error.strerror}\n".encode())
        os._exit(2)
    sys.exit(run())


if __name__ == "__main__":
    main()
