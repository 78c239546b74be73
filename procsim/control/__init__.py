"""Decides which threads of a run move, and when: a gate, single steps, and choosers who say whose step is next.

In come the events of a batch, and what people wish; out go signals to the threads that stand at the gate. `session`
knocks here, `running`, which makes the gate, and `command`, which makes the plan.

The gate is a byte in a file that every process of the run maps. A thread that stands there reads signals from a named
pipe of its own, and sees by the end of the EventQueue that procsim is gone. Whether an operation can be done at once
the thread knows best: it is signalled to try, and reports again when that has changed.

Behind a closed gate a sleep takes no time, a put is done when its item is in the pipe, and the start of a process
when that stands at the gate: so the same steps lead to the same end. A step counts when it is over (`steps`). A
thread that tried, and found that it cannot, has taken no step.

A question for people (`prediction`) is asked in a run that goes at a pace: its chooser pauses the run before the step
that a lesson names. That is when this step is next. If it would have to wait, such as a put into a full queue, it may
never be next: then the run is paused as soon as its thread stands at the gate.

A thread that does not move must not keep the others from moving. If it does not react to a signal, because it was
stopped, it is not signalled again. If a step is not over after SETTLED_SECONDS, the next one is taken beside it: a
manager, an idle worker of a pool or a thread in a `poll` never comes to the gate. If for STUCK_SECONDS no thread at the
gate can move, nobody can: all are let into their real waits, and the watchman finds out why they cannot go on.

What is no step: the joins in exit handlers of multiprocessing, which worker of a pool takes a task, which of several in
one condition is woken (the system chooses: nearly always the first), when threads end, and whether a process has ended
already when another one looks. Where a schedule is taken again, there are further steps (`gate_words.FURTHER`): without
them two runs of it may differ.
"""
