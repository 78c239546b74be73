"""Bytes become events: what the processes of a run have written is read at all times, put into one order, and decoded.

In come bytes from the named pipe, the shared memory and the program's output; out go batches of events in their order.
`running` knocks here.
"""
