"""What each event changes: a file for each thing it may happen to, as in `tracer/watch/` and `findings/`.

In comes a RunState and an event. `apply.py` has made its process known, but for the kinds in `NOT_ITS_OWN` and output
of an unknown process. Each file has a table CHANGES of its kinds of events. Only `apply.py` knocks here. To add a kind:
a function in the file it belongs to, and its row.
"""
