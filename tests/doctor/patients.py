"""The programs: for each kind of fault, one as strangers had it, and others that come to the same in another way."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tests.conftest import START_METHODS
from tests.integration.conftest import PROGRAMS

RACES = 20
"""How often a program is tried in which a race decides."""

ELSE = 3
"""How often any other."""

LIMIT_SECONDS = 5.0
"""The time limit of programs of which something is only said at the limit, or while they go on."""

LONG_SECONDS = 14.0
"""That of programs of which something probable is said, or is not, while they run, too."""


class Patient(NamedTuple):
    """One program, and what is to be said of it."""

    kind: str
    """The name of its kind of fault."""
    program: str
    """Its path below tests/programs, without `.py`."""
    finding: str = ""
    """The id of the finding; empty: it is healthy."""
    process: str = ""
    """The process that the finding names, or a part of what it calls it."""
    methods: tuple[str, ...] = START_METHODS
    times: int = ELSE
    limit: float | None = None
    """The time limit in seconds, where it goes on or something is said only then."""
    beside: tuple[str, ...] = ()
    """The ids of findings that may come with it."""
    arguments: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Of `procsim watch`."""


DIRECT = ("fork", "spawn")
"""Those under which the new process is a child of the one that starts it."""

FORK, NEW, SPAWN, ONE = ("fork",), ("spawn", "forkserver"), ("spawn",), ("fork",)
AT_LIMIT = ("time_limit",)

HANGING = (
    Patient("queue_put_lambda", "hangs/item_not_pickled", "item_dropped", "MainProcess"),
    Patient("queue_put_lambda", "patients/dropped_lock_in_a_report", "item_dropped", "reporter"),
    Patient("queue_put_lambda", "patients/dropped_generator_in_a_pool", "item_dropped", "PoolWorker-"),
    Patient("queue_reader_killed", "hangs/reader_killed", "reader_dead", "second"),
    Patient("queue_reader_killed", "patients/consumer_killed_among_three", "reader_dead", "consumer-0"),
    Patient("queue_reader_killed", "patients/reader_killed_by_its_child", "reader_dead", "killer"),
    Patient("condition_waiter_killed", "hangs/sleeper_killed", "sleeper_dead", "sleeper-0"),
    Patient("condition_waiter_killed", "patients/event_waiter_killed", "sleeper_dead", "runner-0"),
    Patient("condition_waiter_killed", "patients/barrier_waiter_exits", "sleeper_dead", "early"),
    Patient("pool_queue_argument", "hangs/pool_not_sent", "errors_unseen", "MainProcess"),
    Patient("pool_queue_argument", "patients/executor_lock_argument", "errors_unseen", "MainProcess"),
    Patient("pool_queue_argument", "patients/pool_lambda_in_arguments", "errors_unseen", "MainProcess"),
    Patient("pool_exception_unpickle", "hangs/pool_exception_unpickled", "pool_thread_died"),
    Patient("pool_exception_unpickle", "patients/exception_with_keywords", "pool_thread_died"),
    Patient("pool_exception_unpickle", "patients/result_that_does_not_unpickle", "pool_thread_died"),
    Patient("pool_initializer_raises", "wrong/pool_initializer_raises", "pool_initializer_raises"),
    Patient(
        "pool_initializer_raises", "patients/initializer_of_a_class", "pool_initializer_raises", limit=LIMIT_SECONDS
    ),
    Patient(
        "pool_initializer_raises", "patients/initializer_cannot_import", "pool_initializer_raises", limit=LIMIT_SECONDS
    ),
    Patient("pool_in_child", "hangs/pool_in_child", "pool_in_child", "user", FORK),
    Patient("pool_in_child", "patients/pool_of_the_parent", "pool_in_child", "user", FORK),
    Patient("pool_in_child", "patients/executor_of_the_parent", "pool_in_child", "child", FORK),
    Patient("pool_terminated", "hangs/pool_terminated", "pool_terminated", "MainProcess"),
    Patient("pool_terminated", "patients/pool_terminated_after_a_kill", "pool_worker_killed", "waited for a task"),
    Patient(
        "pool_terminated", "patients/pool_terminated_while_sending", "pool_worker_killed", "SpawnPoolWorker-2", ONE
    ),
    Patient("executor_max_tasks", "hangs/executor_max_tasks", "pool_no_worker", methods=SPAWN),
    Patient("executor_max_tasks", "patients/executor_map_max_tasks", "pool_no_worker", methods=SPAWN),
    Patient("executor_max_tasks", "patients/executor_as_completed_max_tasks", "pool_no_worker", methods=SPAWN),
    Patient("fork_thread_lock", "patients/forked_beside_a_lock", "forked_beside_threads", "child", FORK),
    Patient("fork_thread_lock", "patients/forked_beside_a_condition", "forked_beside_threads", "child", FORK),
    Patient("fork_thread_lock", "patients/forked_beside_a_thread_queue", "forked_beside_threads", "child", FORK),
    Patient("fork_thread_lock", "patients/forked_beside_a_c_mutex", "forked_beside_threads", "/fork", ONE),
    Patient("fork_thread_lock", "patients/forked_beside_a_library_thread", "forked_beside_threads", "child", ONE),
    Patient(
        "dataloader_poll",
        "patients/forked_beside_a_lock_polled",
        "forked_beside_threads",
        "loader",
        FORK,
        limit=LIMIT_SECONDS,
    ),
    Patient(
        "dataloader_poll",
        "patients/forked_beside_a_thread_pipe_polled",
        "forked_beside_threads",
        "child",
        FORK,
        limit=LIMIT_SECONDS,
    ),
    Patient(
        "dataloader_poll",
        "patients/forked_beside_a_thread_alive_polled",
        "forked_beside_threads",
        "child",
        FORK,
        limit=LIMIT_SECONDS,
    ),
    Patient("producer_raises", "hangs/producer_raised", "get_nobody_puts", "MainProcess"),
    Patient("producer_raises", "patients/sender_raises", "receive_nobody_sends", "counter"),
    Patient("producer_raises", "patients/grandchild_raises", "get_nobody_puts", "grandchild"),
    Patient("producer_raises", "patients/ring_reader_raises", "lock_nobody_releases", "write", beside=("raised",)),
    Patient("joinable_handler_raises", "hangs/tasks_not_done_on_error", "tasks_not_done", "MainProcess"),
    Patient("joinable_handler_raises", "patients/handlers_both_raise", "tasks_not_done", "consumer-1", times=RACES),
    Patient("joinable_handler_raises", "patients/handler_killed", "tasks_not_done", "encoder"),
    Patient("heartbeat_thread", "patients/heartbeat_beside_a_wait", "probably_hangs", "worker", limit=LIMIT_SECONDS),
    Patient("heartbeat_thread", "patients/progress_bar_beside_a_wait", "probably_hangs", "loader", limit=LIMIT_SECONDS),
    Patient("heartbeat_thread", "patients/log_listener_beside_a_wait", "get_nobody_puts", "worker"),
    Patient("service_with_handler", "hangs/joined_service", "join_before_get", "MainProcess"),
    Patient("service_with_handler", "patients/service_joins_before_it_receives", "join_before_get", "worker"),
    Patient("service_with_handler", "patients/services_in_a_circle", "lock_cycle", "one"),
    Patient("is_alive_poll", "patients/is_alive_poll", "polled_before_get", "worker", limit=LIMIT_SECONDS),
    Patient("is_alive_poll", "patients/any_is_alive_poll", "polled_before_get", "worker-", limit=LIMIT_SECONDS),
    Patient(
        "is_alive_poll", "patients/join_with_a_time_limit_poll", "polled_before_get", "worker", limit=LIMIT_SECONDS
    ),
    Patient("timeout_poll", "patients/polled_with_a_time_limit", "probably_hangs", "worker", limit=LIMIT_SECONDS),
    Patient("timeout_poll", "patients/lock_polled_with_a_time_limit", "probably_hangs", "keeper", limit=LIMIT_SECONDS),
    Patient("timeout_poll", "patients/timeout_poll_of_two", "probably_hangs", "loader", limit=LIMIT_SECONDS),
    Patient("timeout_poll", "patients/taken_again_and_again", "probably_hangs", "MainProcess", limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/event_polled", "probably_hangs", "worker", limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/pipe_polled", "probably_hangs", "worker", limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/empty_polled", "probably_hangs", "worker", limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/lock_tried_again_and_again", "probably_hangs", "worker", limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/locks_in_a_circle_polled", "probably_hangs", "worker-", limit=LONG_SECONDS),
    Patient(
        "timeout_poll", "patients/alive_polled_beside_a_consumer", "probably_hangs", "consumer", limit=LONG_SECONDS
    ),
    Patient("value_poll", "patients/value_polled", "probably_hangs", "parser-0", limit=LONG_SECONDS),
    Patient("value_poll", "patients/manager_dict_polled", "probably_hangs", "loader", limit=LONG_SECONDS),
    Patient("value_poll", "patients/array_polled_after_the_last", "probably_hangs", "MainProcess", limit=LONG_SECONDS),
    Patient("poll_of_many", "patients/tasks_polled_until_empty", "probably_hangs", "fetcher-1", limit=LONG_SECONDS),
    Patient("poll_of_many", "patients/condition_polled", "probably_hangs", "feeder", limit=LONG_SECONDS),
    Patient("poll_of_many", "patients/connections_polled", "probably_hangs", "sensor-", limit=LONG_SECONDS),
    Patient(
        "poll_in_a_circle",
        "patients/children_polled_beside_their_jobs",
        "probably_hangs",
        "worker-",
        limit=LONG_SECONDS,
    ),
    Patient(
        "poll_in_a_circle", "patients/results_polled_beside_an_event", "probably_hangs", "Worker-", limit=LONG_SECONDS
    ),
    Patient(
        "poll_in_a_circle", "patients/futures_polled_beside_a_queue", "probably_hangs", "Process-", limit=LONG_SECONDS
    ),
    Patient("asyncio", "hangs/event_awaited_by_tasks", "event_nobody_sets", "Process-"),
    Patient("asyncio", "patients/item_awaited_in_a_thread", "get_nobody_puts", "producer"),
    Patient("asyncio", "patients/locks_in_a_circle_awaited", "lock_cycle", "Process-"),
    Patient("asyncio", "patients/subprocess_awaited_before_its_output", "write_nobody_reads", "MainProcess", ONE),
    Patient("sockets", "patients/client_waits_for_the_banner", "read_nobody_writes", "client"),
    Patient("sockets", "patients/both_receive_first", "read_nobody_writes", "peer"),
    Patient("sockets", "patients/echo_not_received", "write_nobody_reads", "echo"),
    Patient("exit_code_lost", "patients/sigchld_ignored", "exit_code_lost", "worker", DIRECT, limit=LIMIT_SECONDS),
    Patient(
        "exit_code_lost", "patients/sigchld_handler_reaps", "exit_code_lost", "worker", DIRECT, limit=LIMIT_SECONDS
    ),
    Patient("exit_code_lost", "patients/thread_reaps", "exit_code_lost", "worker", DIRECT, limit=LIMIT_SECONDS),
    Patient("sigterm_handler_inherited", "patients/sigterm_handler_inherited", "terminated_in_vain", "worker", FORK),
    Patient("sigterm_handler_inherited", "patients/handler_logs_and_returns", "terminated_in_vain", "worker"),
    Patient("sigterm_handler_inherited", "patients/sigterm_ignored", "terminated_in_vain", "worker"),
    Patient("spawn_child_dies_early", "hangs/child_fails_to_begin", "start_nobody_reads", "worker", SPAWN, RACES),
    Patient(
        "spawn_child_dies_early", "patients/child_exits_as_it_imports", "start_nobody_reads", "worker", SPAWN, RACES
    ),
    Patient(
        "spawn_child_dies_early",
        "patients/child_cannot_read_its_argument",
        "start_nobody_reads",
        "worker",
        SPAWN,
        RACES,
    ),
    Patient("sigterm_handler_inherited", "patients/pool_keeps_a_handler", "probably_hangs", "Worker-1", ONE, limit=8.0),
    Patient("producer_leaves", "patients/pipeline_without_the_end", "get_nobody_puts", "parse put 5"),
    Patient("producer_leaves", "patients/indexer_stops_at_a_gap", "put_nobody_gets", "indexer took 3"),
    Patient("producer_leaves", "patients/daemon_cannot_start", "get_nobody_puts", "in planner"),
    Patient("own_lock", "patients/lock_kept_by_continue", "lock_twice", "writer-0"),
    Patient("own_lock", "patients/two_connections_each", "lock_twice", "copy-"),
    Patient("own_lock", "patients/lock_taken_in_a_handler", "probably_hangs", "MainProcess", ONE, limit=LIMIT_SECONDS),
    Patient("manager_locks", "patients/manager_locks_in_a_circle", "lock_cycle", "PoolWorker-"),
    Patient("manager_locks", "patients/manager_lock_never_released", "holder_dead", "early"),
    Patient("manager_locks", "hangs/manager_lock_twice", "lock_twice", "clerk"),
    Patient(
        "own_lock", "patients/handler_within_the_handler", "probably_hangs", "MainProcess", ONE, limit=LIMIT_SECONDS
    ),
    Patient("notice_missed", "patients/one_of_three_notified", "condition_nobody_notifies", "worker-"),
    Patient("notice_missed", "patients/event_cleared_at_once", "event_nobody_sets", "late"),
    Patient("notice_missed", "patients/round_cleared_by_the_first", "event_nobody_sets", "second"),
    Patient("put_not_sent", "hangs/items_not_sent", "items_not_sent", "worker"),
    Patient("put_not_sent", "patients/left_after_put", "items_not_sent", "worker"),
    Patient("put_not_sent", "patients/cancelled_in_a_mixin", "items_not_sent", "crawler"),
    Patient(
        "producer_raises", "patients/main_raises_before_the_notice", "condition_nobody_notifies", "MainProcess ended"
    ),
    Patient("producer_raises", "patients/main_raises_before_the_last_item", "get_nobody_puts", "MainProcess ended"),
    Patient("producer_raises", "patients/guard_missing_beside_a_wait", "get_nobody_puts", "worker", ONE),
    Patient("queue_put_lambda", "patients/simple_queue_put_caught", "get_nobody_puts", "worker ended without"),
    Patient("producer_leaves", "patients/consumer_stops_before_the_last", "flush_nobody_gets", "consumer took 3"),
    Patient("pipe_full", "patients/both_send_first", "send_nobody_receives", "partner"),
    Patient("pipe_full", "hangs/send_nobody_receives", "send_nobody_receives"),
    Patient("pipe_full", "hangs/write_nobody_reads", "write_nobody_reads"),
    Patient("holder_ended", "hangs/holder_exited", "holder_dead"),
    Patient("holder_ended", "patients/holder_crashes", "holder_dead", "native"),
    Patient("holder_ended", "patients/slots_kept_by_the_failed", "holder_dead", "downloader-0 ended"),
    Patient("own_lock", "patients/handler_waits_for_its_own_lock", "lock_twice", "service"),
    Patient("own_lock", "patients/target_is_a_method_of_a_lock", "holder_waits", "second", FORK),
    Patient("own_lock", "patients/handler_puts", "probably_hangs", "MainProcess", ONE, limit=LONG_SECONDS),
    Patient("poll_of_many", "patients/results_counted", "probably_hangs", "worker-2 ended", limit=LONG_SECONDS),
    Patient("file_awaited", "patients/file_never_made", "probably_hangs", "writer", limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/event_asked", "probably_hangs", "worker ended", limit=LONG_SECONDS),
    Patient("file_awaited", "patients/file_opened_again_and_again", "probably_hangs", "writer", limit=LONG_SECONDS),
    Patient("file_awaited", "patients/report_never_written", "probably_hangs", "reporter", limit=LONG_SECONDS),
    Patient("file_awaited", "patients/marks_of_all_awaited", "probably_hangs", "worker-3", limit=LONG_SECONDS),
    Patient("pool_in_callback", "hangs/pool_waits_for_itself", "pool_waits_for_itself", "MainProcess"),
    Patient("pool_in_callback", "patients/future_asked_in_a_callback", "pool_waits_for_itself", "MainProcess"),
    Patient("pool_in_callback", "patients/retried_in_an_error_callback", "pool_waits_for_itself", "MainProcess"),
    Patient("task_not_unpickled", "patients/task_that_does_not_unpickle", "pool_task_lost", "MainProcess"),
    Patient("task_not_unpickled", "patients/manager_gone_before_the_tasks", "pool_task_lost", "PoolWorker-"),
    Patient("task_not_unpickled", "patients/argument_asserts_in_the_worker", "pool_task_lost", "MainProcess"),
    Patient("pool_starved", "patients/barrier_of_three_in_a_pool_of_two", "pool_starved", "PoolWorker-"),
    Patient("pool_starved", "patients/opener_without_a_worker", "pool_starved", "PoolWorker-"),
    Patient("pool_starved", "patients/stage_without_a_worker", "pool_starved", "Process-"),
    Patient("pool_in_child", "patients/executor_of_the_parent_in_its_task", "pool_in_child", "MainProcess", FORK),
)
"""Programs that hang, or go on without getting anywhere."""

ENDING = (
    Patient("value_plus_equals", "patients/value_plus_equals", "lost_update", times=RACES),
    Patient("value_plus_equals", "patients/array_plus_equals", "lost_update"),
    Patient("value_plus_equals", "patients/lock_round_the_write_alone", "lost_update"),
    Patient("manager_plus_equals", "patients/manager_plus_equals", "lost_update", times=RACES),
    Patient("manager_plus_equals", "patients/namespace_plus_equals", "lost_update"),
    Patient("manager_plus_equals", "patients/manager_list_plus_equals", "lost_update"),
    Patient("lucky_this_time", "patients/lucky_file", "could_be_lost", times=RACES),
    Patient("lucky_this_time", "patients/lucky_value", "could_be_lost", times=RACES),
    Patient("lucky_this_time", "patients/lucky_json_file", "could_be_lost", times=RACES),
    Patient("manager_nested_list", "patients/manager_nested_list", "copy_changed"),
    Patient("manager_nested_list", "patients/manager_nested_dict", "copy_changed"),
    Patient("manager_nested_list", "patients/manager_namespace_list", "copy_changed"),
    Patient("memory_left", "wrong/memory_left", "memory_left", "MainProcess"),
    Patient("memory_left", "patients/list_never_unlinked", "memory_left", "MainProcess"),
    Patient("memory_left", "patients/frames_unlinked_but_the_last", "memory_left", "camera"),
    Patient("empty_too_early", "wrong/empty_too_early", "empty_too_early", "worker-1"),
    Patient("empty_too_early", "hangs/worker_left_early", "empty_too_early", "worker"),
    Patient("empty_too_early", "patients/results_drained_too_early", "empty_too_early", "MainProcess"),
    Patient("empty_too_early", "patients/tasks_counted_too_early", "empty_too_early", "consumer"),
    Patient("apply_async_swallowed", "wrong/errors_unseen", "errors_unseen"),
    Patient("apply_async_swallowed", "patients/errors_of_an_executor_unseen", "errors_unseen"),
    Patient("apply_async_swallowed", "patients/errors_of_map_async_unseen", "errors_unseen"),
    Patient("apply_async_swallowed", "patients/results_not_pickled", "errors_unseen"),
    Patient("error_of_a_task", "patients/exception_not_pickled", "raised", "MainProcess"),
    Patient("error_of_a_task", "patients/exception_breaks_an_executor", "raised", "MainProcess"),
    Patient("error_of_a_task", "patients/pool_in_a_task", "raised", "MainProcess"),
    Patient(
        "lock_gone_with_main", "wrong/gone_too_early", "gone_too_early", "Process-1", NEW, arguments=("returns", "Lock")
    ),
    Patient("lock_gone_with_main", "patients/queue_gone_with_its_function", "gone_too_early", "worker", SPAWN, RACES),
    Patient("lock_gone_with_main", "patients/event_gone_with_main", "gone_too_early", "Worker-1", SPAWN, RACES),
    Patient("pool_ended_early", "wrong/tasks_never_begun", "tasks_never_begun"),
    Patient("pool_ended_early", "patients/imap_not_taken", "tasks_never_begun"),
    Patient("pool_ended_early", "patients/starmap_async_dropped", "tasks_never_begun"),
    Patient("exit_code_ignored", "wrong/exit_unseen", "exit_unseen", "upload-2"),
    Patient("exit_code_ignored", "patients/parser_exits_in_a_child", "exit_unseen", "convert"),
    Patient("exit_code_ignored", "patients/left_with_a_code", "exit_unseen", "backup"),
    Patient("manager_plus_equals", "patients/manager_list_written_back", "lost_update", "Process-"),
    Patient("memory_left", "patients/memory_unlinked_too_early", "gone_too_early", "reader"),
    Patient("queue_put_lambda", "patients/exception_as_an_item", "raised", "MainProcess"),
    Patient("daemon_cut_off", "wrong/items_lost", "items_lost", "worker"),
    Patient("daemon_cut_off", "wrong/items_left", "items_left", "writer"),
    Patient("daemon_cut_off", "patients/records_left_by_two", "items_left", "writer-"),
    Patient("arguments", "wrong/wrong_arguments", "wrong_arguments", "worker"),
    Patient("arguments", "patients/too_few_arguments", "wrong_arguments", "resizer"),
    Patient("arguments", "patients/arguments_are_a_number", "wrong_arguments", "MainProcess", ONE),
    Patient("start_not_called", "wrong/started_twice", "started_twice", "MainProcess", ONE),
    Patient("target_called", "wrong/no_target", "no_target", "worker"),
    Patient("target_called", "patients/target_called_in_a_loop", "no_target", "Process-3"),
    Patient("target_called", "patients/run_is_misspelled", "no_target", "Worker-1"),
    Patient("target_called", "patients/group_instead_of_target", "group_given", "MainProcess", ONE),
    Patient("start_not_called", "wrong/not_started", "not_started", "worker"),
    Patient("start_not_called", "patients/starts_not_called", "not_started", "worker-0", ONE),
    Patient(
        "start_not_called",
        "patients/waits_for_one_not_started",
        "not_started",
        "second",
        beside=("barrier_nobody_comes",),
    ),
)

FAULTY = HANGING + ENDING

HEALTHY = (
    Patient("left_on_purpose", "patients/healthy_left_on_purpose", methods=ONE),
    Patient("traceback_pickled", "healthy/traceback_pickled"),
    Patient("reduce_fails_handled", "healthy/reduce_fails_handled"),
    Patient("task_done_caught", "healthy/task_done_caught", methods=ONE),
    Patient("manager_locks", "healthy/manager_locks"),
    Patient("memory_left", "healthy/memory_unlinked"),
    Patient("exit_code_ignored", "healthy/exit_codes_known", methods=ONE),
    Patient("odd_timeout", "patients/healthy_odd_timeout", methods=ONE),
    Patient("descriptors_taken", "patients/healthy_descriptors_taken", methods=ONE),
    Patient("flag_and_results", "patients/healthy_flag_and_results"),
    Patient("empty_too_early", "healthy/empty_asked"),
    Patient("empty_too_early", "patients/healthy_drained_after_the_join"),
    Patient("is_alive_poll", "patients/healthy_polled_while_taking"),
    Patient("timeout_poll", "patients/healthy_polled_with_a_time_limit"),
    Patient("timeout_poll", "patients/healthy_service_polls", methods=ONE, limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/healthy_polled_beside_a_socket", methods=ONE, limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/healthy_supervisor", methods=ONE, limit=LONG_SECONDS),
    Patient("timeout_poll", "patients/healthy_periodic_workers", methods=ONE, limit=LONG_SECONDS),
    Patient("keeps_alive", "patients/healthy_main_keeps_alive", limit=LIMIT_SECONDS),
    Patient("keeps_alive", "patients/healthy_main_keeps_alive", limit=LIMIT_SECONDS, arguments=("asyncio",)),
    Patient("value_poll", "patients/healthy_value_polled_until_a_signal", methods=ONE, limit=LONG_SECONDS),
    Patient("value_poll", "patients/healthy_value_polled_beside_a_worker", methods=ONE, limit=LONG_SECONDS),
    Patient("poll_in_a_circle", "patients/healthy_jobs_from_a_folder", methods=ONE, limit=LONG_SECONDS),
    Patient("poll_in_a_circle", "patients/healthy_jobs_from_a_thread", methods=ONE, limit=LONG_SECONDS),
    Patient("file_awaited", "patients/healthy_file_awaited"),
    Patient("timeout_poll", "patients/healthy_event_asked"),
    Patient("asyncio", "healthy/loops"),
    Patient("service_with_handler", "patients/healthy_service_that_waits"),
    Patient("target_called", "patients/healthy_own_run"),
)
"""Beside these, the cured twin of each faulty program that has one."""


def patients() -> Iterator[Patient]:
    """All of them: each faulty one and its cured twin, then the healthy ones."""
    for patient in FAULTY:
        yield patient
        twin = f"{patient.program}_cured"
        if (PROGRAMS / f"{twin}.py").exists():
            yield Patient(patient.kind, twin, methods=patient.methods, arguments=patient.arguments)
    yield from HEALTHY


def healthy() -> Iterator[Patient]:
    """Every healthy program, and the cured twin of every faulty one, also those that are no patients."""
    known = {patient.program: patient for patient in patients() if not patient.finding}
    for path in sorted(chain((PROGRAMS / "healthy").glob("*.py"), PROGRAMS.glob("*/*_cured.py"))):
        program = f"{path.parent.name}/{path.stem}"
        known.setdefault(program, Patient(path.parent.name, program))
    yield from known.values()


def hanging(others: Iterable[Path]) -> Iterator[Patient]:
    """Those that hang, also such as are no patients, and programs elsewhere, of which that is not known."""
    known = {patient.program: patient for patient in HANGING}
    for path in sorted((PROGRAMS / "hangs").glob("*.py")):
        program = f"hangs/{path.stem}"
        if not path.stem.endswith("_cured"):
            known.setdefault(program, Patient("hangs", program, "a hang"))
    yield from known.values()
    for path in others:
        yield Patient(path.parent.name, str(path.with_suffix("")), "a hang")
