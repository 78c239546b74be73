"""Looks at everything that a tracer might have changed around it."""

import os
import sys
from multiprocessing import Process
from pathlib import Path

from procsim import say


def look():
    say("here")
    assert sys.argv[1:] == ["an", "argument"], sys.argv
    assert not any("hook" in entry for entry in sys.path), sys.path
    assert Path(sys.path[0]) == Path(__file__).parent
    main = sys.modules["__main__"]
    assert Path(main.__file__) == Path(__file__)
    names = {name for name in os.environ if "PROCSIM" in name}
    assert names == {"PROCSIM_RUN"}, names
    assert sys.stdout is sys.__stdout__ and type(sys.stdout).__name__ == "TextIOWrapper"


if __name__ == "__main__":
    look()
    child = Process(target=look, name="child")
    child.start()
    child.join()
    raise SystemExit(child.exitcode)
