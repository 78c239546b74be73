"""The words of a question that people are asked before the step that decides, and of what came.

prediction_asked ──► question_words, answer_rows ──► views        Revealed ──► revealed_rows ──► under the verdict
"""

from collections.abc import Iterator, Sequence

from procsim.language import N_, _
from procsim.state.run_state import RunState
from procsim.views.base import Revealed, clean
from procsim.wire.events import Event

TEXT_CHARACTERS, ANSWERS_SHOWN = 1_000, 9
"""A question may come from a stranger's recording: so many characters of each text are shown, and so many answers."""

GOOD, OTHER = "good", ""
"""The styles, by their names in STYLES, of a prediction that came true, and of another."""


def question_words(event: Event) -> str:
    """What people are asked."""
    return clean(_(str(event.fields["ask"]))[:TEXT_CHARACTERS])


def answer_rows(answers: Sequence[str]) -> list[str]:
    """The answers, each with its number, which is the key to press."""
    return [f"{number}  {_answer(answers, number)}" for number in range(1, min(len(answers), ANSWERS_SHOWN) + 1)]


def predicted_words(event: Event, run: RunState) -> str:
    """What people have predicted."""
    answers = run.asked.fields["answers"] if run.asked is not None else ()
    number = event.fields["answer"]
    if not 1 <= number <= len(answers):
        return _("nothing was predicted")
    return _("predicted: {answer}").format(answer=_answer(answers, number))


def revealed_rows(revealed: Revealed) -> Iterator[tuple[str, str, str]]:
    """The question, and what was predicted and what came; each as a mark, a sentence and a style."""
    yield "?", clean(_(revealed.ask)[:TEXT_CHARACTERS]), OTHER
    figures = {
        "predicted": _answer(revealed.answers, revealed.predicted),
        "came": _answer(revealed.answers, revealed.came) if revealed.came else clean(revealed.instead),
    }
    hit = 0 < revealed.came == revealed.predicted
    yield " ", _(_template(revealed)).format(**figures), GOOD if hit else OTHER


def _template(revealed: Revealed) -> str:
    if not revealed.asked:
        return N_("This was not asked: the run did not come to the step before which it is asked.")
    came, is_known = revealed.came, bool(revealed.came or revealed.instead)
    if not revealed.predicted:
        return N_("Nothing was predicted. What happened: {came}.") if is_known else N_("Nothing was predicted.")
    if not is_known:
        return N_("Predicted: {predicted}. This run does not show which answer is right.")
    if came == revealed.predicted:
        return N_("Predicted: {predicted}. That is what happened.")
    return N_("Predicted: {predicted}. What happened: {came}.")


def _answer(answers: Sequence[str], number: int) -> str:
    return clean(_(answers[number - 1])[:TEXT_CHARACTERS]) if 1 <= number <= len(answers) else ""
