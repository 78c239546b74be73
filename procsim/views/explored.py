"""What exploring a program has shown, in lines: each kind of what went wrong, the simplest way to it, what decides.

Exploration (`explore/outcomes.py`) ──► explored_lines ──► print_explored
"""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from procsim.explore.outcomes import AGAIN, Exploration, Kind, Outcome
from procsim.explore.schedule import HANG, Step
from procsim.language import N_, _, listed
from procsim.output import writing
from procsim.views.base import clean, seconds
from procsim.views.text.order_words import (
    blocked_words,
    deciding_words,
    faults_words,
    forbidden_words,
    numbered_step,
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
    if exploration.stopped is not None:
        words = _("{words}: so nothing more was run; --allow allows it")
        yield Text(f"{bad} ", STYLES["bad"]), Prose(words.format(words=forbidden_words(exploration.stopped)))
    wrong = [outcome for outcome in exploration.wrong if not outcome.is_flaky]
    for outcome in exploration.wrong[:KINDS_SHOWN]:
        mark = unsure if outcome.is_flaky else bad
        yield from _wrong_lines(mark, outcome, exploration, again.get(outcome.kind, ""))
    more = len(exploration.wrong) - KINDS_SHOWN
    if more > 0:
        words = counted(more, N_("… and 1 more way to go wrong"), N_("… and {count} more ways to go wrong"))
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
    """Such as "tickets --users 2: 16 executions of at most 14 steps, and 12 more to explain them, in 0.42 s"."""
    words = N_("{title}: {executions} of at most {steps} steps, in {time}")
    if exploration.explaining:
        words = N_("{title}: {executions} of at most {steps} steps, and {more} more to explain them, in {time}")
    return _(words).format(
        title=clean(title),
        executions=executions_words(exploration.executions),
        steps=exploration.longest,
        more=exploration.explaining,
        time=seconds(exploration.seconds * 1e9),
    )


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
    if outcome.is_flaky:
        words = _("flaky: of {times} times that the same steps were taken again, it went wrong so in {count}")
        yield indent, Prose(words.format(times=AGAIN, count=outcome.again))
    shown = shown_steps(outcome, exploration)
    left_out = len(shown) - STEPS_SHOWN
    if shown:
        yield indent, Prose(_("the simplest way to it that was found:"))
    if left_out > 0:
        yield indent, Prose(_("… {count} steps before").format(count=left_out), STYLES["faint"])
    for number, step in enumerate(shown, 1):
        if number > left_out:
            yield Text(f"  {number:>3}. "), Prose(numbered_step(step))
    if any(fault.what == HANG for fault in outcome.faults):
        for thread, operation in sorted(execution.blocked.items()):
            yield Text("       "), Prose(blocked_words(thread, operation), STYLES["bad"])
    if not exploration.is_never_right:
        for words in deciding_words(outcome):
            yield indent, Prose(words)
    if again:
        yield indent, Prose(_("to see it again: {command}").format(command=clean(again)), STYLES["cure"])


def shown_steps(outcome: Outcome, exploration: Exploration) -> list[Step]:
    """Those steps of the simplest way whose order can differ; all, if none is known to."""
    steps = outcome.simplest.steps
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
    """What was counted as a step, and how far the search came."""
    if exploration.contested:
        names = list(dict.fromkeys(map(clean, exploration.contested.values())))
        words = _("an order is that of the steps at {objects}; in which order all others come makes no difference")
        yield words.format(objects=listed([*names[:6], "…"] if len(names) > 6 else names))
    if exploration.tried_all:
        if not exploration.orders:
            yield _("all orders were tried")
        elif exploration.orders == exploration.executions:
            yield counted(exploration.orders, N_("the only order was tried"), N_("all {count} orders were tried"))
        else:
            words = _(
                "all {orders} orders were tried: {executions} stand for them, since many orders end in the same way"
            )
            count = executions_words(exploration.executions)
            yield words.format(executions=count, orders=f"{exploration.orders:,}")
        return
    if exploration.searched and exploration.cut:
        yield _("every order with at most {bound} preemptions was tried, and no other").format(bound=exploration.bound)
    if exploration.interrupted:
        yield _("it was ended early")
    if exploration.limited:
        words = _("{executions} reached the limit of steps; what follows was not tried")
        yield words.format(executions=executions_words(exploration.limited))
    if exploration.open:
        yield counted(exploration.open, N_("1 known branch was not tried"), N_("{count} known branches were not tried"))
    if exploration.sampled:
        words = _("{executions} of them were at random (--seed {seed})")
        yield words.format(executions=executions_words(exploration.sampled), seed=exploration.seed)


def conclusion_words(exploration: Exploration) -> str:
    """The last line."""
    wrong = [outcome for outcome in exploration.wrong if not outcome.is_flaky]
    if wrong and exploration.is_never_right:
        return _("it goes wrong in every order")
    if wrong:
        return counted(len(wrong), N_("it can go wrong in 1 way"), N_("it can go wrong in {count} ways"))
    if exploration.wrong:
        return _("what went wrong did not go wrong each time")
    if exploration.is_right:
        return _("all orders are right")
    if exploration.tried_all:
        return _("nothing wrong was found; but not all that can differ was controlled")
    return _("nothing wrong was found; but not all orders were tried")
