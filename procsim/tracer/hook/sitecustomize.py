"""Python imports this at its start, since procsim put its folder first on PYTHONPATH.

It installs the tracer, leaves sys.path as the program would have found it, and runs the sitecustomize that it
stands in front of.
"""

import os
import sys


def _run_theirs(here):
    if here in sys.path:
        sys.path.remove(here)
    ours = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # noqa: F401 - the one that this stands in front of
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", ours)  # the import that runs this looks for it


def _install(here):
    if sys.version_info < (3, 11) or not os.environ.get("PROCSIM_RUN"):
        return
    before = set(sys.modules)
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    sys.path.insert(0, root)
    try:
        import procsim
    finally:
        sys.path.remove(root)
    import procsim.tracer

    procsim.tracer.install()
    # These the tracer has imported, and multiprocessing would not: they are not to stand in the way of a module of
    # that name beside the script.
    for name in {"resource", "termios", "typing"} - before:
        sys.modules.pop(name, None)


_here = os.path.dirname(os.path.abspath(__file__))
try:
    _run_theirs(_here)
finally:
    _install(_here)
