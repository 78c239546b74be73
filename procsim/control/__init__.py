"""Decides which threads of a run move, and when: a gate, single steps, and choosers who say whose step is next.

In come the events of a batch, and what people wish; out go signals to the threads that stand at the gate. `session`
knocks here, `running`, which makes the gate, and `command`, which makes the plan.

The gate is a byte in a file that every process of the run maps. A thread that stands there reads signals from a named
pipe of its own, and sees by the end of the EventQueue that procsim is gone. Whether an operation can be done at once
the thread knows best: it is signalled to try, and reports again when that has changed.

Behind a closed gate a sleep takes no time, a put is done when its item is in the pipe, and the start of a process
when that stands at the gate: so the same steps lead to the same end. A step counts when it is over (`steps`). A
thread that tried, and found that it cannot, has taken no step.

A question for people (`prediction`) is asked in a run that goes at a pace: its chooser pauses all before the step that
a lesson names. A put on a full queue, and whatever else would have to wait, counts as next as soon as its thread stands
there.

What does not move keeps nobody from moving: a thread that does not react (it was stopped) is not signalled again.
Some never come to the gate (a manager, an idle worker, a `poll`): after SETTLED_SECONDS another step is taken beside
theirs, and where those at the gate cannot move for STUCK_SECONDS, nobody can. Then all are let into their real waits,
and the watchman finds out why. What an exit handler of multiprocessing's joins, and which worker of a pool takes a
task, is no step.
"""
