"""CPython's own multiprocessing tests, with the tracer and without: they must come out the same, test by test.

    class by class ──► inside.py, by itself            ──┐
                   └─► inside.py, under `procsim watch` ─┴─► compare ──► what differs

    python -m tests.transparency [fork|spawn|forkserver ...] [--classes PATTERN] [--jobs N] [--verbose]

`test._test_multiprocessing` is run, and the process-pool half of `test.test_concurrent_futures` where the interpreter
has it. Each class runs in an interpreter of its own, so that one that stalls or crashes costs only itself; a stall is a
result like another. `WithThreadsTestPool.test_terminate` is left out: now and then it stalls for 300 s, without the
tracer too.
"""
