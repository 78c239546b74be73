"""A scenario: a Python file with a `main`, read so that its options, its claims and its comparisons can be asked for.

Its title is the first line of its docstring, and the signature of `main` declares its options. `claims` may tell what a
run has shown, `ways` and `compared` what several runs have shown together, `headline` what a run is about.
"""

import ast
import contextlib
import importlib.util
import io
import sys
import tokenize
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from procsim import Claim, Headline, Way
from procsim.errors import ProcsimError
from procsim.language import _
from procsim.options import Option, has_effect, options_of

if TYPE_CHECKING:  # its import would cost `procsim --help` 10 ms
    from procsim.state.run_state import RunState


class NoScenario(ProcsimError):
    """The file is no scenario, or there is no such folder of scenarios; the text says why, in one line."""


class OrdinaryScript(NoScenario):
    """The file is a Python script, and not written as a scenario is."""


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read and can be run."""

    name: str
    path: Path
    title: str
    options: list[Option]
    _claims: Callable[..., Iterator[Claim]] | None = field(default=None, repr=False)
    _other_way: Mapping[str, Any] = field(default_factory=dict)
    _ways: Callable[..., Iterator[Way]] | None = field(default=None, repr=False)
    _compared: Callable[..., Iterator[Claim]] | None = field(default=None, repr=False)
    _headline: Callable[..., Headline | None] | None = field(default=None, repr=False)
    _always: Callable[..., Iterator[Claim]] | None = field(default=None, repr=False)

    @property
    def compares(self) -> bool:
        """Whether there are several ways to run it, which can be compared."""
        return self._ways is not None

    def ways(self, values: Mapping[str, Any]) -> list[Way]:
        """The ways to compare, each with a value for every option. Raises `NoScenario` if `ways` fails."""
        try:
            ways = [Way(name, {**values, **options}) for name, options in self._ways(**values)] if self._ways else []
        except Exception as error:
            words = _("{path}: ways() raised {error}: {reason}")
            raise NoScenario(words.format(path=self.path, error=type(error).__name__, reason=error)) from error
        unknown = {name for way in ways for name in way.options} - {option.name for option in self.options}
        if unknown or len({way.name for way in ways}) != len(ways) or not ways:
            words = _("{path}: ways() must yield each way once, with options that main() has")
            raise NoScenario(words.format(path=self.path))
        return ways

    def ignored_by_ways(self, values: Mapping[str, Any]) -> list[Option]:
        """The options that were changed and have no effect on the ways. Raises `NoScenario` if `ways` fails."""
        ways = self.ways(values)
        return [
            option
            for option in self.options
            if values[option.name] != option.default
            and (
                self.ways({**values, option.name: option.default}) == ways
                or not any(has_effect(option, way.options) for way in ways)
            )
        ]

    def compared(self, runs: Mapping[str, "RunState"], values: Mapping[str, Any]) -> list[Claim]:
        """What these runs, by the names of their ways, have shown together. Raises as `claims` does."""
        return [Claim(*claim) for claim in self._compared(runs, **values)] if self._compared else []

    def claims(self, run: "RunState", values: Mapping[str, Any]) -> list[Claim]:
        """What this run has shown.

        Raises whatever the scenario's own code raises. Whoever asks makes a claim of that which does not hold, so that
        the run is shown all the same (`session.outcome.judged`).
        """
        return [Claim(*claim) for claim in self._claims(run, **values)] if self._claims else []

    def always(self, run: "RunState", values: Mapping[str, Any]) -> list[Claim]:
        """What must hold in every run, whatever the order of its steps, of this one. Raises as `claims` does."""
        return [Claim(*claim) for claim in self._always(run, **values)] if self._always else []

    def headline(self, run: "RunState", values: Mapping[str, Any]) -> Headline | None:
        """What this run is about, now; None: the scenario does not say. Raises whatever the scenario's code raises."""
        headline = self._headline(run, **values) if self._headline else None
        return None if headline is None else Headline(*headline)

    def other_way(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The options to change, and their values, for the other way to run it: without the lock, for one.

        OTHER_WAY says what to change, for example `{"lock": False}`. With `{"joinable": {"task_done": False}}` and the
        option `joinable` on, `task_done` is changed, and `joinable` stays on. If other options differ from their
        defaults already, these are set back instead: only one thing goes wrong at a time. Numbers and texts are not set
        back, unless OTHER_WAY names them: how many people there are does not make a way right or wrong.
        """
        within = next(
            (name for name, other in self._other_way.items() if isinstance(other, dict) and values.get(name)), None
        )
        ways = self._other_way if within is None else self._other_way[within]
        other = {name: value for name, value in ways.items() if not isinstance(value, dict)}
        usual = {
            option.name: option.default
            for option in self.options
            if option.name != within and (option.type is bool or option.choices or option.name in other)
        }
        back = {name: value for name, value in usual.items() if values[name] != value} if other else {}
        return back or {name: value for name, value in other.items() if name in usual}


def docstring_of(path: Path) -> str:
    """The docstring of a file, without running it; empty where it has none. Only its beginning is read."""
    try:
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type == tokenize.STRING:
                    return str(ast.literal_eval(token.string)).strip()
                if token.type in (tokenize.NAME, tokenize.OP):
                    break
    except (OSError, SyntaxError, ValueError, tokenize.TokenError):
        pass
    return ""


def load(path: Path, name: str | None = None) -> Scenario:
    """Read a scenario from its file, under that name or the file's. Raises `NoScenario` if the file is none."""
    module = _import(path)
    main = getattr(module, "main", None)
    if not callable(main):
        raise OrdinaryScript(_("{path}: no scenario, since it has no function main()").format(path=path))
    try:
        options = options_of(main)
    except (TypeError, NameError, ValueError) as error:
        raise NoScenario(f"{path}: {error}") from error
    if not _is_called(path, with_options=bool(options)):
        raise OrdinaryScript(
            _('{path}: its last lines must be: if __name__ == "__main__": procsim.start(main)').format(path=path)
        )
    title = (module.__doc__ or path.stem).strip().partition("\n")[0]
    names = ("claims", "ways", "compared", "headline", "always")
    claims, ways, compared, headline, always = (getattr(module, name, None) for name in names)
    return Scenario(
        name or path.stem, path, title, options, claims, _other_way(module), ways, compared, headline, always
    )


def _other_way(module: ModuleType) -> Mapping[str, Any]:
    other = getattr(module, "OTHER_WAY", {})
    return other if isinstance(other, dict) else {}


def _import(path: Path) -> ModuleType:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise NoScenario(f"{path}: {error.strerror}") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # Python would print them
            code = compile(source, str(path), "exec")
    except SyntaxError as error:
        words = (
            _("{path}: does not parse, line {line}: {reason}")
            if error.lineno
            else _("{path}: does not parse: {reason}")
        )
        raise NoScenario(words.format(path=path, line=error.lineno, reason=error.msg)) from error
    except ValueError as error:
        raise NoScenario(_("{path}: is no Python file").format(path=path)) from error
    # Not by a loader, which would leave a `__pycache__` beside the file.
    spec = importlib.util.spec_from_loader(f"procsim_scenario_{path.stem}", None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[spec.name] = module  # for get_type_hints
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        words = _("{path}: reading it raised {error}: {reason}")
        raise NoScenario(words.format(path=path, error=type(error).__name__, reason=error)) from error
    return module


def _is_called(path: Path, with_options: bool) -> bool:
    """Whether the file seems to run its main: a mistake is to be found, not every trick.

    If main has options, it must be handed to `start`, which parses them; else it is enough that the file uses `main`.
    """
    with warnings.catch_warnings(action="ignore"):
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    if not with_options:
        return any(
            isinstance(node, ast.Name) and node.id == "main" and isinstance(node.ctx, ast.Load) for node in nodes
        )
    return any(isinstance(node, ast.Call) and _may_be_start(node) for node in nodes)


def _may_be_start(call: ast.Call) -> bool:
    """Whether a call may be `start(main)`, under whatever names; `process.start()` is not."""
    called = getattr(call.func, "id", getattr(call.func, "attr", None))
    takes_main = any(isinstance(each, ast.Name) and each.id == "main" for each in call.args)
    return takes_main or (called == "start" and bool(call.args))
