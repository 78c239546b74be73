"""The question that people are asked before the step that decides, as it stands above the keys of the live view.

Pure: RunState ──► lines. While it stands, view.py takes the digits for answers.
"""

from collections.abc import Mapping

from prompt_toolkit.keys import Keys
from rich.text import Text

from procsim.language import N_
from procsim.state.run_state import RunState
from procsim.views.text.predictions import answer_rows, question_words
from procsim.views.text.prose import Prose, wrapped
from procsim.views.wishes import Refusal

WITH_A_QUESTION = ("r", "t", "?", "c", "q", Keys.ControlC, Keys.ControlBackslash, Keys.ControlZ)
"""The keys that are obeyed while a question stands, beside those of its answers."""

REFUSED_TO_ASK: Mapping[Refusal, str] = {
    Refusal.NOTHING_TO_ASK: N_("there is no question here"),
    Refusal.TOO_LATE: N_("it is too late to predict: the step that decides was taken; r runs it again"),
    Refusal.IS_ASKED: N_("the question of this run was asked, or will be"),
}
"""Why people are not asked, for the line above the keys."""

KEY = "badge"
"""The style of the digit to press, which is told in grey, too."""


def question_lines(run: RunState, width: int) -> list[Text]:
    """The question and its answers, wrapped to `width` cells; none while no question stands."""
    question = run.question
    if question is None:
        return []
    lines = wrapped(Prose("? " + question_words(question), "strong"), width)
    for row in answer_rows(question.fields["answers"]):
        answer = Prose(f" {row}")
        answer.stylize(KEY, 0, 3)
        lines += wrapped(answer, width)
    return lines
