"""What the program's code does with a value that it writes or reads, as its instructions show."""

import sys
import textwrap
from typing import Any

import pytest

from procsim.tracer.instructions import changes_in_vain, is_dropped, stores_constant, stores_sum


class Watched:
    """Its `value` and its items can be read and written; it keeps what the code does with each."""

    def __init__(self, content: Any = None) -> None:
        self.__dict__.update(constants=[], sums=[], vain=[], content=content)

    def __setattr__(self, name: str, value: Any) -> None:
        self.constants.append(stores_constant(sys._getframe(1)))
        self.sums.append(stores_sum(sys._getframe(1)))

    def __setitem__(self, key: Any, value: Any) -> None:
        self.constants.append(stores_constant(sys._getframe(1)))
        self.sums.append(stores_sum(sys._getframe(1)))

    def set(self, value: Any) -> None:
        self.constants.append(stores_constant(sys._getframe(1)))
        self.sums.append(stores_sum(sys._getframe(1)))

    def __getattr__(self, name: str) -> Any:
        self.vain.append(changes_in_vain(sys._getframe(1)))
        return self.content

    def __getitem__(self, key: Any) -> Any:
        self.vain.append(changes_in_vain(sys._getframe(1)))
        return self.content

    def get(self, key: Any, other: Any = None) -> Any:
        self.vain.append(changes_in_vain(sys._getframe(1)))
        return self.content


def after(code: str, content: Any) -> Watched:
    """What a function with this code does with `x`, whose items are all this content."""
    x = Watched(content)
    names: dict[str, Any] = {
        "print": lambda *_, **__: None,
        "limit": 5,
        "self": type("", (), {"x": x}),
        "box": {"x": x},
    }
    exec(f"def function(x, n):\n{textwrap.indent(code, '    ')}", names)
    names["function"](x, 1)
    return x


@pytest.mark.parametrize(
    "code",
    [
        *("x.value = 1", "x.value = True", "x.value = b'x'", "x['stop'] = 1", "x[0] = None", "x[n] = 0", "x.set(0)"),
        *("self.x.value = 1", "box['x'].value = 300", "box['x'][n] = 1.5", "self.x[n] = -1", "x.value = 'on'"),
        *("if n: x.value = 1", "for n in range(2): x.value = 0", "x[n + 1] = 0"),
    ],
)
def test_a_constant_is_stored(code: str) -> None:
    found = after(code, 1).constants
    assert found
    assert all(found)


@pytest.mark.parametrize(
    "code",
    [
        *("x.value += 1", "x[0] -= 1", "x[n] += 1", "box['x'].value += n", "x['sum'] = x['sum'] + 1"),
        *("before = n\nx.value = before + 1", "before = n\nx[n - 1] = before - 1", "x.set(n + 1)"),
    ],
)
def test_a_sum_is_stored(code: str) -> None:
    assert after(code, 1).sums == [True]


@pytest.mark.parametrize(
    "code",
    [
        *("x.value = 1", "x.value = n", "x.value = int(n + 1)", "x[n + 1] = n", "x.value |= 1", "x.value = n | 1"),
        *("x.value = 0 if n else n + 1", "x.set(n)", "x[0] = x[1] = n + 1"),
    ],
)
def test_no_sum_is_stored(code: str) -> None:
    assert not any(after(code, 1).sums)


@pytest.mark.parametrize(
    "code",
    [
        *("x.value += 1", "x.value = n", "x.value = n + 1", "x['sum'] = x['sum'] + 1", "x[0] -= 1", "x.set(n)"),
        *("x.value = limit", "x.value = not n", "x.value = [1]", "x.set(x.value - 1)"),
        *("self.x.value = self.x.value + 1", "box['x'][n] = n", "x.value |= 1", "setattr(x, 'value', n)"),
        *("x[0] = x[1] = n", "n, x.value = 1, n"),
    ],
)
def test_no_constant_is_stored(code: str) -> None:
    found = after(code, 1).constants
    assert found
    assert not any(found)


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("x['found'].append(n)", []),
        ("x['found'].append(n + 1 * limit)", []),
        ("x['found'].extend([n, limit])", []),
        ("x['found'].insert(0, (n, {'a': n}))", []),
        ("x['found'].append(f'{n:>3}: {limit!r} {n}')", []),
        ("x['found'].append(print(n, limit, sep=''))", []),
        ("x['found'].append((n == 1, not n, -n, n in [n], n is None))", []),
        ("x['found'].append([*'ab', n][0:1])", []),
        ("x['found'].sort(reverse=True)", [2, 1]),
        ("x['found'].update(a=n)", {}),
        ("x['found'].add(n)", set()),
        ("x['found'].pop()", [1]),
        ("x.items.append(n)", []),
        ("x.get('found').append(n)", []),
        ("x[n].clear()", []),
        ("x['d']['a'] = n", {}),
        ("x['d']['a'] += n", {"a": 1}),
        ("x['d']['a'] = x['d']['a'] + 1", {"a": 1}),
        ("del x['d']['a']", {"a": 1}),
        ("x['d']['a']['b'] = 1", {"a": {}}),
        ("x['d']['a'].append(n)", {"a": []}),
        ("self.x['found'].append(n)", []),
        ("if n: x['found'].append(n)", []),
        ("for n in range(3): x['found'].append(n)", []),
        ("found = x['found']\nfound.append(n)", []),
        ("found = x['found']\nfound.append(n)\nfound.append(2)", []),
        ("found = x['found']\nif n:\n    found['a'] = n", {}),
        ("found = x['found']\nfound['a'] += n", {"a": 1}),
        ("found = x['found']\nfound['a'] = found['a'] + n", {"a": 1}),
    ],
)
def test_a_copy_is_changed_in_vain(code: str, content: Any) -> None:
    found = after(code, content).vain
    assert any(found) if code.count("x['d']") == 2 else all(found)


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("n = x['found'].pop()", [1]),
        ("print(x['found'].pop())", [1]),
        ("return x['found'].append(n)", []),
        ("n = x['found'].copy()", []),
        ("n = x['found'].count(n)", []),
        ("x['found'].count(n)", []),
        ("x['found']", []),
        ("n = x['found']", []),
        ("n = x['d']['a']", {"a": 1}),
        ("n = x['found'] + [n]", []),
        ("x['found'] += [n]", []),
        ("x['found'] = x['found'] + [n]", []),
        ("print(x['found'])", []),
        ("[].append(x['found'])", []),
        ("{}['a'] = x['found']", []),
        ("n = {}\nn['a'] = x['found']", []),
        ("for n in x['found']: pass", [1]),
        ("with_it = [*x['found'], n]", []),
        ("(x['found'] or [n]).append(n)", []),
        ("found = x['found']\nfound.append(n)\nx['found'] = found", []),
        ("found = x['found']\nfound.append(n)\nprint(found)", []),
        ("found = x['found']\nwhile found: found.pop()", [1]),
        ("found = x['found']\nfound.append(n)\nreturn found", []),
        ("found = x['found']\nfound.append(found)", []),
        ("found = x['found']\nn = found.pop()", [1]),
        ("found = x['found']", []),
        ("found = x['found']\nuse = lambda: found\nfound.append(n)", []),
        ("global found\nfound = x['found']\nfound.append(n)", []),
        ("if (found := x['found']): found.append(n)", [1]),
        ("found = other = x['found']\nfound.append(n)", []),
        ("found = x['found']\nfound.append(n)\nif limit in found: print('there')", []),
    ],
)
def test_a_copy_is_used(code: str, content: Any) -> None:
    found = after(code, content).vain
    assert found
    assert not any(found)


def test_code_without_a_frame() -> None:
    assert not stores_constant(None)
    assert not changes_in_vain(None)


def test_a_result_that_is_dropped() -> None:
    dropped = []

    def asked(*args: Any, **named: Any) -> tuple[int, int]:
        dropped.append(is_dropped(sys._getframe(1)))
        return 1, 2

    def asks() -> object:
        asked(1)
        first, second = asked(first=2)
        asked()[1]
        if (known := asked()) is None:
            asked()
        return known, first, second, asked(*[1])

    for _ in range(50):  # until CPython has specialized it
        dropped.clear()
        asks()
    assert dropped == [True, False, False, False, False]
