"""What exploring a program has shown so far, in one sentence with figures that move; and how it goes on, in others.

Exploration (`explore/outcomes.py`) ──► headline_of, pace_words, extent_of ──► views
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from procsim.explore.outcomes import Exploration, Outcome
from procsim.language import N_, _
from procsim.views.explored import conclusion_words, contested_words, executions_words, extent_words
from procsim.views.text.order_words import brief_words, forbidden_words
from procsim.views.text.words import counted

BRIEF_KINDS = 3
"""Of more things that go wrong, the rest is counted together."""


def counts_orders(exploration: Exploration) -> bool:
    """Whether it is known how many orders the executions so far stand for: not of those at random or under a bound."""
    return bool(exploration.orders) and not exploration.sampled and exploration.bound is None


def count_of(outcome: Outcome, exploration: Exploration) -> int:
    """How often it was so: in so many orders, where these are counted, else in so many executions."""
    return (outcome.orders or 0) if counts_orders(exploration) else outcome.executions


class Headline(NamedTuple):
    """What was found, in one sentence of two parts."""

    head: str
    """Such as "12 orders so far, by 4 executions:"."""
    rest: str = ""
    """Such as "in 8 a ticket is sold twice, 4 are right"; empty: the head says all."""
    alarm: bool = False
    """Whether it says what goes wrong."""

    @property
    def sentence(self) -> str:
        return _("{head} {rest}").format(head=self.head, rest=self.rest) if self.rest else self.head


def headline_of(exploration: Exploration, over: bool) -> Headline:
    """The headline. `over`: whether nothing more comes."""
    found, executions = exploration, executions_words(exploration.executions)
    if found.stopped is not None:
        words = _("{words}: so nothing more was run; --allow allows it")
        return Headline(words.format(words=forbidden_words(found.stopped)), "", True)
    if not found.executions:
        return Headline(_("nothing was tried yet") if not over else _("nothing was tried"))
    wrong = any(not outcome.is_flaky for outcome in found.wrong)
    if found.is_right and counts_orders(found):
        return Headline(_all_are_right(found))
    if over and not wrong:
        return Headline(_("{executions}:").format(executions=executions), conclusion_words(found))
    words = N_("{executions} so far:")
    if found.tried_all and found.orders == 1:
        words = N_("the only order was tried:")
    elif found.tried_all and counts_orders(found):
        words = N_("all {orders} tried by {executions}:")
    elif found.tried_all:
        words = N_("all orders tried by {executions}:")
    elif over and counts_orders(found):
        words = N_("{orders} tried by {executions}, and not all:")
    elif over:
        words = N_("{executions}, and not all orders were tried:")
    elif counts_orders(found):
        words = N_("{orders} so far, by {executions}:")
    head = _(words).format(orders=orders_words(found.orders or 0), executions=executions)
    return Headline(head, _(", ").join(_kinds_words(found)), wrong)


def _all_are_right(found: Exploration) -> str:
    if found.orders == 1:
        return _("the only order is right")
    words = _("all {orders} are right, tried by {executions}")
    return words.format(orders=orders_words(found.orders or 0), executions=executions_words(found.executions))


def orders_words(count: int) -> str:
    """Such as "12 orders"."""
    return _("1 order") if count == 1 else _("{count} orders").format(count=f"{count:,}")


def _kinds_words(found: Exploration) -> Iterator[str]:
    """In how many it goes wrong how, and how many are right."""
    counts: Counter[str] = Counter()
    for outcome in found.wrong:
        counts[brief_words(outcome)] += count_of(outcome, found)
    kinds = [(words, count) for words, count in counts.most_common() if count]
    if found.orders == 1 and found.tried_all:
        yield from (words for words, _count in kinds)
        return
    for words, count in kinds[:BRIEF_KINDS]:
        yield _("in {count} {words}").format(count=f"{count:,}", words=words)
    more = sum(count for _words, count in kinds[BRIEF_KINDS:])
    if more:
        yield _("in {count} something else goes wrong").format(count=f"{more:,}")
    right = count_of(found.right, found) if found.right is not None else 0
    if right and not kinds:
        yield _("nothing wrong yet")
    elif right:
        yield _("1 is right") if right == 1 else _("{count} are right").format(count=f"{right:,}")


def pace_words(exploration: Exploration) -> Iterator[str]:
    """How fast it goes, what is still to be tried, and what goes on now."""
    found = exploration
    if not found.executions:
        return
    rate = (found.executions + found.explaining) / found.seconds if found.seconds else 0.0
    yield _("{rate} executions a second").format(rate=f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}")
    if found.open:
        yield counted(
            found.open,
            N_("1 branch is open, still to be tried"),
            N_("{count} branches are open, still to be tried"),
        )
    if found.explaining:
        yield counted(
            found.explaining,
            N_("1 further execution explains what goes wrong"),
            N_("{count} further executions explain what goes wrong"),
        )
    elif found.sampled:
        yield _("{count} of the executions at random").format(count=found.sampled)


def extent_of(exploration: Exploration) -> Iterator[str]:
    """What the figures rest on, when it is over: which steps are counted, or how far it came."""
    if not exploration.tried_all:
        yield from extent_words(exploration)
    elif counts_orders(exploration) and exploration.contested:
        words = _("only the order of the steps at {objects} makes a difference")
        yield words.format(objects=contested_words(exploration))
        if (exploration.orders or 0) > exploration.executions:
            words = _("{executions} stand for all of them, since many orders end in the same way")
            yield words.format(executions=executions_words(exploration.executions))
