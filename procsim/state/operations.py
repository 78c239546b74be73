"""The operations of a traced program: one row for each, with the events it begins and ends with."""

from typing import NamedTuple


class Operation(NamedTuple):
    """What a thread does to an object or a process. Its parts are kinds of events; empty: there is none."""

    done: str
    """It was done, such as "lock_acquired"."""
    waiting: str = ""
    """It could not be done at once, and the thread began to wait, such as "lock_waiting"."""
    refused: str = ""
    """It was given up, such as "lock_refused"."""


OPERATIONS = (
    Operation("process_joined", "process_join_waiting"),
    Operation("sleep_ended", "sleep_began"),
    Operation("lock_acquired", "lock_waiting", "lock_refused"),
    Operation("condition_awoke", "condition_waiting"),
    Operation("queue_put", "queue_put_waiting", "queue_full"),
    Operation("queue_got", "queue_get_waiting", "queue_empty"),
    Operation("queue_joined", "queue_join_waiting"),
    Operation("queue_flushed", "queue_flush_waiting"),
    Operation("event_awaited", "event_waiting"),
    Operation("barrier_passed", "barrier_waiting", "barrier_broken"),
    Operation("pipe_received", "pipe_receive_waiting", "pipe_ended"),
    Operation("pool_result_got", "pool_result_waiting", "pool_result_missed"),
    Operation("pool_joined", "pool_join_waiting"),
    Operation("manager_answered", "manager_called"),
)
