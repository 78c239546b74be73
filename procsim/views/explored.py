"""What exploring a program has shown, in lines: each kind of what went wrong, the simplest way to it, what decides.

Exploration (`explore/outcomes.py`) ──► explored_lines ──► print_explored
"""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from procsim.explore.outcomes import AGAIN, Exploration, Kind, Outcome
from procsim.explore.schedule import HANG, Execution, Step
from procsim.language import N_, _, listed
from procsim.output import writing
from procsim.views.base import clean, seconds
from procsim.views.text.order_words import (
    blocked_words,
    cures_words,
    deciding_words,
    faults_words,
    forbidden_words,
    told,
    uncontrolled_words,
)
from procsim.views.text.prose import Prose, hanging
from procsim.views.text.summary import ascii_only
from procsim.views.text.words import STYLES, counted

STEPS_SHOWN = 40
"""Of a longer way, the first steps are counted and not shown."""

KINDS_SHOWN = 8
"""Of more kinds of what went wrong, the rest is counted."""

UNCONTROLLED_SHOWN = 10


def print_explored(console: Console, title: str, exploration: Exploration, again: Mapping[Kind, str]) -> None:
    """Print what was found. `title`: the command; `again`: for kinds of outcome, the command that shows one again."""
    with writing():
        for head, text in explored_lines(title, exploration, again, ascii_only(console)):
            if console.is_terminal:
                for line in hanging(head, text, console.width):
                    console.print(line, soft_wrap=True)
            else:
                console.print(Text.assemble(head, text), soft_wrap=True)
        console.file.flush()


def explored_lines(
    title: str, exploration: Exploration, again: Mapping[Kind, str], plain_marks: bool
) -> Iterator[tuple[Text, Text]]:
    """What stands at the beginning of each line, and its sentence."""
    bad, unsure, good = ("!", "?", "[ok]") if plain_marks else ("▲", "△", "✔")
    yield Text(), Text(title_words(title, exploration), "strong")
    for words in basis_words(exploration):
        yield Text(), Prose(words, STYLES["faint"])
    if exploration.stopped is not None:
        words = _("{words}: so nothing more was run; --allow allows it")
        yield Text(f"{bad} ", STYLES["bad"]), Prose(words.format(words=forbidden_words(exploration.stopped)))
    wrong = [outcome for outcome in exploration.wrong if not outcome.is_flaky]
    for outcome in exploration.wrong[:KINDS_SHOWN]:
        mark = unsure if outcome.is_flaky else bad
        yield from _wrong_lines(mark, outcome, exploration, again.get(outcome.kind, ""))
    more = len(exploration.wrong) - KINDS_SHOWN
    if more > 0:
        words = counted(more, N_("… and 1 more thing that goes wrong"), N_("… and {count} more things that go wrong"))
        yield Text("  "), Prose(words)
    right = exploration.right
    if right is not None:
        words = _("{share}: nothing was wrong").format(share=share_words(right, exploration))
        yield Text(f"{good} ", STYLES["good"]), Prose(words)
    yield from _uncontrolled_lines(unsure, exploration)
    for words in extent_words(exploration):
        yield Text(), Prose(words)
    yield Text(), Prose(conclusion_words(exploration), STYLES["alarm"] if wrong else "strong")


def title_words(title: str, exploration: Exploration) -> str:
    """Such as "tickets --users 2: all 12 orders of the steps at stock.txt were tried, in 0.42 s"."""
    words = N_("{title}: {executions} of at most {steps} steps, in {time}")
    if not exploration.executions and exploration.stopped is None:
        words = N_("{title}: no execution came to its end")
    if exploration.tried_all and exploration.orders == 1:
        words = N_("{title}: the only order was tried, in {time}")
    elif exploration.tried_all and exploration.orders:
        words = N_("{title}: all {orders} orders of the steps at {objects} were tried, in {time}")
    return _(words).format(
        title=clean(title),
        executions=executions_words(exploration.executions),
        steps=exploration.longest,
        orders=f"{exploration.orders or 0:,}",
        objects=contested_words(exploration),
        time=seconds(exploration.seconds * 1e9),
    )


def basis_words(exploration: Exploration) -> Iterator[str]:
    """What the figures rest on: which steps are counted, and how many executions there were."""
    orders = exploration.orders if exploration.tried_all else 0
    if orders != 1 and exploration.contested:
        if not orders:
            words = _("only the order of the steps at {objects} makes a difference")
            yield words.format(objects=contested_words(exploration))
        else:
            yield _("the order of all other steps makes no difference")
    if orders and orders > exploration.executions:
        words = _("{executions} stand for all of them, since many orders end in the same way")
        yield words.format(executions=executions_words(exploration.executions))
    if exploration.explaining:
        yield counted(
            exploration.explaining,
            N_("1 further execution explains what goes wrong"),
            N_("{count} further executions explain what goes wrong"),
        )


def contested_words(exploration: Exploration) -> str:
    """The names of the objects at which it matters who comes first."""
    names = sorted({clean(name) for name in exploration.contested.values()})
    return listed([*names[:6], "…"] if len(names) > 6 else names)


def executions_words(count: int) -> str:
    """Such as "3 executions"."""
    return counted(count, N_("1 execution"), N_("{count} executions"))


def share_words(outcome: Outcome, exploration: Exploration) -> str:
    """How often it was so: of all orders, if these were counted, else of the executions."""
    if exploration.orders and outcome.orders is not None and exploration.tried_all:
        if exploration.orders == 1:
            return _("in the only order")
        words = _("in {count} of {all} orders")
        return words.format(count=f"{outcome.orders:,}", all=f"{exploration.orders:,}")
    return _("in {count} of {all}").format(
        count=f"{outcome.executions:,}", all=executions_words(exploration.executions)
    )


def _wrong_lines(mark: str, outcome: Outcome, exploration: Exploration, again: str) -> Iterator[tuple[Text, Text]]:
    execution, indent = outcome.simplest, Text("  ")
    first, *more = faults_words(outcome)
    words = _("{share}: {fault}").format(share=share_words(outcome, exploration), fault=first)
    yield Text(f"{mark} ", STYLES["bad"]), Prose(words, "strong")
    for words in more:
        yield indent, Prose(words, "strong")
    for words in cures_words(outcome):
        yield indent, Prose(words, STYLES["cure"])
    if outcome.is_flaky:
        words = _("flaky: of {times} times that the same steps were taken again, it went wrong so in {count}")
        yield indent, Prose(words.format(times=AGAIN, count=outcome.again))
    shown = list(told(shown_steps(outcome, exploration)))
    left_out = shown[-STEPS_SHOWN].number - 1 if len(shown) > STEPS_SHOWN else 0
    if shown:
        yield indent, Prose(_("the simplest way to it that was found:"))
    if left_out > 0:
        yield indent, Prose(_("… {count} steps before").format(count=left_out), STYLES["faint"])
    for each in shown[-STEPS_SHOWN:]:
        yield Text(f"  {each.number:>3}. "), Prose(each.words)
    if any(fault.what == HANG for fault in outcome.faults):
        for thread, operation in sorted(execution.blocked.items()):
            yield Text("       "), Prose(blocked_words(thread, operation), STYLES["bad"])
    if not exploration.is_never_right:
        for words in deciding_words(outcome):
            yield indent, Prose(words)
    if again:
        yield indent, Prose(_("to see it again: {command}").format(command=clean(again)), STYLES["cure"])


def shown_steps(outcome: Outcome, exploration: Exploration) -> list[Step]:
    """Those steps of the simplest way to an outcome that matter."""
    return steps_that_matter(outcome.simplest, exploration)


def steps_that_matter(execution: Execution, exploration: Exploration) -> list[Step]:
    """Those steps whose order can differ; all, if none is known to."""
    steps = execution.steps
    return [step for step in steps if (step.thread, step.operation) in exploration.racing] or list(steps)


def _uncontrolled_lines(mark: str, exploration: Exploration) -> Iterator[tuple[Text, Text]]:
    uncontrolled = list(exploration.uncontrolled)
    for each in uncontrolled[:UNCONTROLLED_SHOWN]:
        words = _("not controlled, so that its orders were not tried: {words}")
        yield Text(f"{mark} ", STYLES["waiting"]), Prose(words.format(words=uncontrolled_words(each)))
    if len(uncontrolled) > UNCONTROLLED_SHOWN:
        yield Text("  "), Prose(_("… and {count} more").format(count=len(uncontrolled) - UNCONTROLLED_SHOWN))
    if exploration.diverged:
        words = _("{executions} did not do what it did before, though its steps were the same: {problem}")
        problem = clean(exploration.diverged[0])
        text = words.format(executions=executions_words(len(exploration.diverged)), problem=problem)
        yield Text(f"{mark} ", STYLES["waiting"]), Prose(text)


def extent_words(exploration: Exploration) -> Iterator[str]:
    """How far the search came."""
    if exploration.tried_all:
        if not exploration.orders:
            yield _("all orders were tried")
        return
    if exploration.searched and exploration.cut:
        yield _("every order with at most {bound} preemptions was tried, and no other").format(bound=exploration.bound)
    if exploration.interrupted:
        yield _("it was ended early")
    if exploration.limited:
        words = _("{executions} did not come to an end; what follows was not tried")
        yield words.format(executions=executions_words(exploration.limited))
    if exploration.open:
        yield counted(exploration.open, N_("1 known branch was not tried"), N_("{count} known branches were not tried"))
    if exploration.sampled:
        words = counted(
            exploration.sampled,
            N_("1 of the executions was at random"),
            N_("{count} of the executions were at random"),
        )
        yield f"{words} (--seed {exploration.seed})"


def conclusion_words(exploration: Exploration) -> str:
    """The last line."""
    wrong = [outcome for outcome in exploration.wrong if not outcome.is_flaky]
    if not exploration.executions and exploration.stopped is None:
        return _("nothing is known yet")
    if wrong and exploration.is_never_right and exploration.uncontrolled:
        return _("it went wrong in every order that was tried")
    if wrong and exploration.is_never_right:
        return _("it goes wrong in every order")
    if wrong:
        return counted(len(wrong), N_("1 thing can go wrong"), N_("{count} things can go wrong"))
    if exploration.wrong:
        return _("what went wrong did not go wrong each time")
    if exploration.is_right:
        return _("all orders are right")
    if exploration.tried_all:
        return _("nothing wrong was found; but not all that can differ was controlled")
    return _("nothing wrong was found; but not all orders were tried")
