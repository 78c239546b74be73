"""Who stands still for ever, and why: what the system shows of each thread, beside what its process has told.

In come a run and its state; out go `process_stuck` and `finding` events. `session` knocks here.
"""
