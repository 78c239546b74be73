"""The entry point. The command line is imported only when a command runs: a spawned child imports this file, too."""

import gc
import os
import signal
import sys

WITHOUT_PROCESSES = ("win32", "emscripten", "wasi")
"""The values of `sys.platform` for systems that have no fork, named pipes and signals as POSIX does."""

NEW_OBJECTS_KEPT = 50_000
"""How many new objects there are before Python's garbage collector runs. With Python's own 700 (2,000 from 3.13 on) it
runs 54 times while procsim is imported, which is 7 % of the time, and finds nothing. Measured with Python 3.11."""


def runs_on(platform: str) -> bool:
    """Whether procsim runs on this platform, one of the values of `sys.platform`."""
    return platform not in WITHOUT_PROCESSES


def main() -> None:
    """Run the `procsim` command, and end the process with its exit code."""
    if not runs_on(sys.platform):
        sys.exit(_refused())
    # Until a run has begun there is nothing to clean up: Ctrl-C ends us at once, unless it is to be ignored.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))
    gc.set_threshold(NEW_OBJECTS_KEPT)
    try:
        from procsim.command.cli import run
    except OSError as error:  # no descriptor is left to read our own files by
        os.write(2, f"procsim: cannot be loaded: {error.strerror}\n".encode())
        os._exit(2)
    sys.exit(run())


def _refused() -> int:
    """Say that procsim does not run here. Nothing is imported that only POSIX has. Returns the exit code."""
    from procsim import language, output
    from procsim.exit_code import ExitCode
    from procsim.language import _

    output.make_streams_safe()
    language.choose(None)
    output.complain(_("this system is not supported; procsim runs on Linux and macOS, and on Windows in WSL 2"))
    return ExitCode.WRONG_USE


if __name__ == "__main__":
    main()
