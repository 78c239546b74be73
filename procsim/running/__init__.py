"""Runs a traced program: launches it, yields its events, knows its processes, and ends them.

In comes an order; out come batches of events, until no process of the run is left. `session` and `diagnosis` knock
here, and `command`, which writes the order.

Nothing is left of a run, however it ends: no process but those that were detached from it on purpose, no file, no
semaphore. If procsim itself is killed, the guardian does that.
"""
