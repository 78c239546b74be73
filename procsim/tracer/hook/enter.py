"""Imports the tracer into this interpreter, so that the program's own tools do not take it for the program's code.

Executed by `sitecustomize.py`, and by the stowaway in the data for a spawned child (`procsim.tracer.inject`), as plain
source: this interpreter may be unable to import procsim by itself.

The tracer's code has file names that are no real ones, wherever procsim is installed:

    coverage, trace   skip code with a file name that begins with "<" and ends with ">"
    warnings          skips code with a file name that contains "importlib" and "_bootstrap" (`_is_internal_frame`),
                      and shows a warning at the program's line
    pytest            leaves out of a traceback the frames that have `__tracebackhide__` among their globals

A debugger and `sys.setprofile` still show these frames. A plain traceback does not: see `watch/tracebacks.py`.

Of ours, only `procsim.tracer` stays in `sys.modules`: a program may have a module or package called procsim.
"""

import _frozen_importlib_external  # importlib.machinery, without an import that the program might see
import _imp
import sys

_UNSEEN = "<{name}, like importlib._bootstrap>"
"""The file name of a module of ours."""


class _Loader(_frozen_importlib_external.SourceFileLoader):
    """Loads a module of ours under a file name that is no real one."""

    def get_code(self, name):
        code = super().get_code(name)
        _imp._fix_co_filename(code, _UNSEEN.format(name=name))  # in all code that is inside it, too
        return code

    def exec_module(self, module):
        module.__tracebackhide__ = True
        super().exec_module(module)


class _Finder:
    """Finds procsim, and nothing else, below the folder that it is installed in."""

    def __init__(self, root):
        self._root = root

    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] != "procsim":
            return None
        spec = _frozen_importlib_external.PathFinder.find_spec(name, path or [self._root])
        if spec is not None and type(spec.loader) is _frozen_importlib_external.SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Fallback(_Finder):
    """Finds procsim for a scenario if no other finder finds one: it need not be installed for that interpreter."""

    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] != "procsim":
            return None
        for other in sys.meta_path:
            spec = other.find_spec(name, path, target) if other is not self and hasattr(other, "find_spec") else None
            if spec is not None:
                return spec
        return super().find_spec(name, path, target)


def enter(root):
    """Import the tracer from the folder that procsim is installed in, and have it trace this process."""
    before = set(sys.modules)
    finder = _Finder(root)
    sys.meta_path.insert(0, finder)
    try:
        from procsim.tracer import install
    finally:
        sys.meta_path.remove(finder)
    if "procsim.tracer" not in before:
        sys.meta_path.insert(-1, _Fallback(root))  # the last one stays the last one
    install()
    # The tracer has imported these, and multiprocessing would not have: they must not hide a module of that name beside
    # the script. Nor must procsim itself, which is a likely name for a simulator of processes.
    ours = {name for name in sys.modules if name.partition(".")[0] == "procsim" and not _is_tracer(name)}
    for name in ({"resource", "termios", "typing"} | ours) - before:
        sys.modules.pop(name, None)


def _is_tracer(name):
    return name.startswith("procsim.tracer")  # `procsim.say` finds it there, and it is not to be installed twice
