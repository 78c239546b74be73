"""The picture of a run that its events draw. Pure: no clock, no process, no terminal.

In comes one event after the other (`apply`); out comes a `RunState`, which findings, claims and views read.
"""
