"""Who moves, and when: the gate, steps, a pace, a schedule.

In come wishes of people and the events of a batch; out go words to the threads that stand at the gate. `session` knocks
here.
"""
