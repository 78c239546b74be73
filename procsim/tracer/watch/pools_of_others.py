"""What pools of other packages have in common that have queues, workers and results of their own: mpire's and pebble's.

    submitted ──► pool_submitted ──► pool_task_began, pool_task_ended in the worker ──► pool_result_got, pool_job_failed

Loky's executors, and what joblib makes of them and of Pool, are like those of Python: see `pools`. A module is patched
when the program has imported it, and only if it has all that is used here: another version is left alone. What is
replaced takes whatever arguments another version may have. The identity of a pool is that of the lock by which its
workers read tasks, or that of its queue of results.

The threads of these pools wake up again and again. They only look what the workers do, so they emit when they begin.
"""

import threading
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.patching import on_restore
from procsim.tracer.sites import count_as_internal


def has_all(owner: Any, *names: str) -> bool:
    """Whether a module or class has all of these."""
    return all(hasattr(owner, name) for name in names)


def expect(package: str) -> None:
    """From now on all of this package counts as multiprocessing's own: it has queues and processes of its own."""
    count_as_internal(package)
    on_restore(count_as_internal)


def begin_helper(pool: int | None, helper: str) -> None:
    """This thread only looks what others do."""
    emit("helper_began", pool, helper=helper, native_id=threading.get_native_id())
