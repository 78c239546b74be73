"""Tries the orders in which the steps of a program can happen, and says which of them go wrong, and how.

    search: Plan ──► executor: the program, run once as the plan chooses ──► Execution ──► search, outcomes, shrink

In comes an executor, a budget and a seed; out goes an `Exploration`: how many executions there were, which kinds of
outcome, and of each wrong kind the simplest way to it and the pair of steps whose order decides. `command` knocks here,
and `views`, for the words of what was found.

What each file knows: `schedule` what a search and an executor pass to each other, and which steps depend on each
other; `fairness` who lets others go first. The searches, what is made of a wrong execution, and the explorer's loop are
pure: they know no clock, process or terminal, and import the standard library alone. The executor runs real processes.
"""
