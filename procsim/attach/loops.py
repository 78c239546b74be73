"""What a loop of the program asks for again and again, where that is all that it does: `while worker.is_alive(): …`.

    the source of the call that a thread stands in, the line ──► Question: which method of which variable

A thread that sleeps between two questions is seen asleep in each look, and memory does not tell what it does then. Its
source does. Of a loop that does anything else, counts or gives up after a while nothing is said.
"""

import ast
import os
import stat
import time
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import NamedTuple

from procsim.attach import system

ASKS = {
    "is_alive": "process_polled",
    "exitcode": "process_polled",
    "empty": "queue_get_waiting",
    "poll": "pipe_poll_waiting",
    "is_set": "event_waiting",
    "acquire": "lock_waiting",
}
"""The kind of a wait for which such a method stands that is called again and again; an attribute, too."""

BYTES_LIMIT = 4_000_000
"""Of a source that is read."""

_BESIDE = frozenset({"sleep", "print", "any", "all"})
"""What such a loop may call besides."""

_ALLOWED = (
    *(ast.If, ast.Expr, ast.Break, ast.Pass, ast.Continue, ast.Constant, ast.Call, ast.keyword, ast.Attribute),
    *(ast.Name, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.Is, ast.IsNot, ast.Not, ast.And, ast.Or, ast.expr_context),
    *(ast.GeneratorExp, ast.ListComp, ast.comprehension, ast.JoinedStr, ast.FormattedValue),
)
"""The parts of a loop that changes nothing."""


class Question(NamedTuple):
    """What a loop asks."""

    method: str
    """Empty: it asks nothing, and sleeps for ever."""
    variable: tuple[str, ...]
    """Such as ("self", "worker")."""
    each: bool
    """Whether it asks each of those that the variable holds."""
    line: int


@lru_cache(500)
def question_at(path: str, changed: float, line: int) -> Question | None:
    """The one question of the innermost loop at that line of a file; None: it has none, or does more than to ask.

    `changed`: when the file was written last.
    """
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _holds(node, line)]
    loops = [node for node in around if isinstance(node, _SCOPES)]
    innermost = max(loops, key=lambda node: (node.lineno, -(node.end_lineno or 0)), default=None)
    if not isinstance(innermost, ast.While) or any(_holds(each, line) for each in innermost.orelse):
        return None
    return _question(innermost)


_SCOPES = (ast.While, ast.For, ast.AsyncFor, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _question(loop: ast.While) -> Question | None:
    nodes = [node for part in (loop.test, *loop.body) for node in ast.walk(part)]
    if not all(isinstance(node, _ALLOWED) for node in nodes):
        return None
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    asked = {node.func for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr in ASKS}
    asked |= {node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "exitcode"}
    if not all(_asks_at_once(call) if call.func in asked else _is_beside(call.func) for call in calls):
        return None
    if any(_may_change(test, asked) for test in _tests(loop)):
        return None
    if not asked and isinstance(loop.test, ast.Constant) and loop.test.value and not _is_left(nodes):
        return Question("", (), False, loop.lineno)
    found = {_as_question(each, nodes, loop.lineno) for each in asked if isinstance(each, ast.Attribute)}
    return found.pop() if len(found) == 1 else None


def _is_beside(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "sleep"
    return isinstance(function, ast.Name) and function.id in _BESIDE


def _is_left(nodes: list[ast.AST]) -> bool:
    return any(isinstance(node, ast.Break) for node in nodes)


def _asks_at_once(call: ast.Call) -> bool:
    """Whether a question does not wait for its answer: that wait would be seen."""
    given = [*call.args, *(each.value for each in call.keywords if each.arg == "block")]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "acquire":
        return len(call.args) + len(call.keywords) == 1 and any(_is(each, False) for each in given)
    return not call.args and not call.keywords


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _tests(loop: ast.While) -> Iterator[ast.expr]:
    """The conditions on which it depends how the loop goes on."""
    yield loop.test
    yield from (node.test for part in loop.body for node in ast.walk(part) if isinstance(node, ast.If))


def _may_change(test: ast.expr, asked: Set[ast.expr]) -> bool:
    """Whether a condition depends on anything else than the answers to the questions."""
    within = {inner for node in ast.walk(test) if node in asked for inner in ast.walk(node)}
    targets = {node.target for node in ast.walk(test) if isinstance(node, ast.comprehension)}
    sources = {inner for node in ast.walk(test) if isinstance(node, ast.comprehension) for inner in ast.walk(node.iter)}
    functions = {node.func for node in ast.walk(test) if isinstance(node, ast.Call)}
    known = within | targets | sources | functions
    return any(isinstance(node, ast.Name | ast.Attribute) and node not in known for node in ast.walk(test))


def _as_question(asked: ast.Attribute, nodes: list[ast.AST], line: int) -> Question | None:
    variable = _name_of(asked.value)
    for node in nodes:
        if isinstance(node, ast.comprehension) and _name_of(node.target) == variable:
            return Question(asked.attr, _name_of(node.iter), True, line) if not node.ifs else None
    return Question(asked.attr, variable, False, line) if variable else None


def _name_of(node: ast.expr) -> tuple[str, ...]:
    """The parts of a name with dots; none where it is no such."""
    if isinstance(node, ast.Name):
        return (node.id,)
    inner = _name_of(node.value) if isinstance(node, ast.Attribute) else ()
    return (*inner, node.attr) if inner and isinstance(node, ast.Attribute) else ()


def question_of(pid: int, file: str, line: int | None) -> Question | None:
    """What the loop asks in which a thread of this process stands. None, too, where the file is younger than that."""
    if line is None or not file.startswith("/"):
        return None
    path = f"/proc/{pid}/root{file}"
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= BYTES_LIMIT:  # those of /proc have no size
        return None
    began = time.time() - system.age_ns(system.birth_of(pid)) / 1e9
    return question_at(path, status.st_mtime, line) if status.st_mtime < began else None
