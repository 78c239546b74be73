"""The thread that empties the pipes and buffers of a run."""

from pathlib import Path

from procsim.intake.drain import Drain
from procsim.intake.memory_reader import BufferReader
from procsim.wire.pipe import EventQueue, EventQueueReader


def test_where_nobody_has_the_pipe_open_a_reader_waits_all_the_same(tmp_path: Path) -> None:
    queue = EventQueue.create(tmp_path / "events")
    reader = EventQueueReader(queue)
    queue.put("here")
    queue.close()
    drain = Drain(reader, BufferReader(str(tmp_path)), [])
    drain.start()
    try:
        while not drain.ended():
            drain.take(60)
        before = drain.emptied
        for _ in range(10):
            assert not any(round_.size for round_ in drain.take(60))
        assert drain.emptied - before >= 9, "each time it has looked, but for the one that is going on"
    finally:
        drain.stop()
