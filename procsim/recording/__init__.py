"""Recordings: JSON Lines that hold a run, its events and its verdict.

    events, verdict ──► recorder.py ──► a file ──► recorded.py (checks) ──► trace.py ──► events, verdict

`session` knocks here, and `command` with the names of files. Whoever writes needs no other file than recorder.py.

A recording may come from a stranger. So all that it holds is data: it is bounded in memory and time, its sentences are
filled in by `procsim.sentences`, which obeys no format but a figure's, and what is wrong with it is one line.
Each sentence is recorded as it was shown, with the id of its template, so that an old recording can still be read when
our words have changed (todays_words.py). A recording that is read is a `Trace`.
Schema 1 is what all versions have written up to now.
"""
