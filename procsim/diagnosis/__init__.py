"""Finds the threads of a run that are stuck, by what the system shows of each thread and by what its process emitted.

In come a run and its state; out go `process_stuck` and `finding` events. `session` knocks here.

What each file knows: `blocked_threads` reads system calls, `snapshot` the processes at one moment, `standstill`
decides who can still move (pure), `watchman` decides when to check and when it is certain. `stacks` says where the
threads of processes stand, of any processes: it needs no run.
"""
