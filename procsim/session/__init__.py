"""A run shown from its start to its verdict: source, state, recording, view, exit code.

`command` knocks here, with a run and a view.
"""
