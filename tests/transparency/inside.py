"""Runs one class of CPython's tests, and writes a line of JSON for each thing that came out: [test, result, detail].

    START_METHOD=fork python inside.py CLASS RESULTS
    START_METHOD=fork python inside.py --list

The children that a test starts import this file as their main module, and find the classes here as well.
"""

import importlib
import json
import os
import pkgutil
import sys
import unittest
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from test import support  # type: ignore[import-not-found]

METHOD = os.environ["START_METHOD"]
LEFT_OUT = ("WithThreadsTestPool.test_terminate",)


def install() -> None:
    """Make the classes of both suites this module's own."""
    from test import _test_multiprocessing

    _test_multiprocessing.install_tests_in_module_dict(globals(), METHOD)
    for module in executor_modules():
        for name, thing in vars(module).items():
            if name.startswith(f"ProcessPool{METHOD.capitalize()}"):
                globals()[name] = thing


def executor_modules() -> Iterator[ModuleType]:
    """The modules of test_concurrent_futures: one before 3.12, a package since; none where it is not there."""
    try:
        package = importlib.import_module("test.test_concurrent_futures")
    except ImportError:
        return
    yield package
    for found in pkgutil.iter_modules(getattr(package, "__path__", ())):
        if found.name.startswith("test_"):
            yield importlib.import_module(f"{package.__name__}.{found.name}")


class Results(unittest.TestResult):
    """Writes each result at once: what comes before a crash is kept."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def tell(self, test: Any, result: str, detail: str = "") -> None:
        """One line."""
        name = test if isinstance(test, str) else f"{type(test).__name__}.{test.id().rpartition('.')[2]}"
        with open(self._path, "a") as file:
            file.write(json.dumps([name, result, detail]) + "\n")

    def startTest(self, test: Any) -> None:  # noqa: N802 - the names are unittest's
        super().startTest(test)
        self.tell(test, "begun")

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        self.tell(test, "ok")

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self.tell(test, "FAIL", self._text_of(err, test))

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self.tell(test, "ERROR", self._text_of(err, test))

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        self.tell(test, "skip", reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self.tell(test, "ok")

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self.tell(test, "FAIL", "unexpected success")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err is not None:
            self.tell(test, "FAIL" if issubclass(err[0], test.failureException) else "ERROR", self._text_of(err, test))

    def _text_of(self, error: Any, test: Any) -> str:
        return str(self._exc_info_to_string(error, test))  # type: ignore[attr-defined]


def classes() -> list[str]:
    """The names of all the classes."""
    return sorted(
        name for name, thing in globals().items() if isinstance(thing, type) and issubclass(thing, unittest.TestCase)
    )


def main(name: str, path: str) -> None:
    """Run the class, and tell what came out; and whether it was traced, and whether it left processes behind."""
    results = Results(path)
    emit: Any = sys.modules.get("procsim.tracer.emit")
    results.tell("(traced)", str(emit is not None and emit.active()))
    names = unittest.defaultTestLoader.getTestCaseNames(globals()[name])
    unittest.TestSuite(globals()[name](test) for test in names if f"{name}.{test}" not in LEFT_OUT).run(results)
    results.tell(f"{name} (processes or threads left)", str(support.environment_altered))


install()
if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(classes()))
    else:
        main(*sys.argv[1:])
