"""What is known of a run. Pure: no clock, no process, no terminal.

    Event ──► apply.py ──► changes/, a file for each thing ──► RunState ──► views, findings, claims

In comes one event after the other, from a run or a recording (`apply`); out comes a `RunState`, which everybody may
read and only `apply` changes. Whoever has events may knock: session, diagnosis, control, tests. The state is bounded,
however long a run may be (`bounds.py`). `past.py` has any earlier state again.

What one operation does to the state stands in the file of `changes/` it belongs to. An operation that only waits and
goes on needs no more than its row in `operations.py`.
"""
