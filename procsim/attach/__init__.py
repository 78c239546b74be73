"""Explains a program that runs already, and was never started under procsim: by reading alone.

    PID ──► reader: /proc, memory ──► Look (plain data) ──► told: events ──► story: two looks ──► state, findings, views

In comes a PID; out goes a `Look`, and of two of them the events that a run would have emitted. `session` and `command`
knock here. The program is never stopped, traced or written to, and nothing but structures and names is kept of what
stands in its memory.

What each file knows: `reader` a whole look, `python` one process of it, `system` the processes and threads, `memory`
bytes, `symbols` ELF files, `interpreter` where CPython keeps its modules, `layouts` what differs between its versions,
`offsets` what it says of that itself, `handlers` whose handler of Ctrl-C it has, `objects` how objects look, `frames`
and `lines` where a thread stands, `classes` which objects are multiprocessing's, `names` what the program calls them,
`semaphores` who has acquired what, `shared` what queues and events are made of, `file_locks` who has which file locked,
`waits` what a call waits for, `loops` what a loop asks for again and again, `probable` what several looks show that is
not certain. `untraced` does the same for `watch`, of processes of a run that the tracer could not get into: `session`
gives it to the watchman.
"""
