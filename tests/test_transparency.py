"""CPython's own multiprocessing tests come out the same with the tracer: those about processes, under fork.

All of it, under each start method: python -m tests.transparency
"""

import importlib.util
import os
import re

import pytest

from tests.transparency import compare

GROUPS = ("WithProcesses", "ProcessPool")

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        importlib.util.find_spec("test._test_multiprocessing") is None, reason="this Python came without its own tests"
    ),
]


@pytest.fixture(scope="module")
def names() -> list[str]:
    return compare.class_names("fork")


@pytest.mark.timeout(1200)  # there are two runs of a minute in it, and more of them where a test fails now and then
@pytest.mark.parametrize("group", GROUPS)
def test_each_test_comes_out_the_same(names: list[str], group: str) -> None:
    chosen = [name for name in names if re.match(group, name)]
    if not chosen:
        pytest.skip("this Python came without these")
    compared = list(compare.compare_all(chosen, "fork", os.cpu_count() or 1))
    assert [compare.described(it) for one in compared for it in one.differences if it.again] == []
    assert any(result.result == "ok" for one in compared for result in one.results.values())
