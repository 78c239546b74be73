"""What each event changes: a file for each thing it may happen to, as in `tracer/watch/` and `findings/`.

In comes a RunState and an event, whose process the state knows by then (`apply.py`); each file has a table CHANGES of
its kinds of events. Only `apply.py` knocks here. To add a kind: a function in the file it belongs to, and its row.
"""
