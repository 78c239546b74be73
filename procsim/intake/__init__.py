"""Turns bytes into events: reads what the processes of a run write, puts it into one order, and decodes it.

In come bytes from the EventQueue, the shared memory and the program's output; out go events in their order. `running`
knocks here.

Cause comes before effect: `released` and `put` are emitted before they happen, `acquired` and `got` after, each with
a time from before it was written. `sequencer` says why that makes one order of many sources.

What a thread has done again and again with one lock or one Value may come as one event, of the kind REPEATED, if the
run was ordered so. That of a lock stands where the last of its events stands, when nobody else had that lock; that of a
Value where the first one stands, since nobody else has used it from then on (`procsim.wire.interned`).

Memory has a bound. Where a program emits more than procsim can draw, `drain` holds up to 16 MiB of undecoded events,
and each process that is alive and emits that much costs 0.5 MiB more (its slot, once in memory and once read), and up
to 2 MiB for the events that it has interned.
"""
