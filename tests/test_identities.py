"""How processes, threads and objects are told apart: the rules that the tracer and procsim share."""

from hypothesis import given
from hypothesis import strategies as st

from procsim.state.apply import state_of
from procsim.wire import identities
from tests.events import Story

inodes = st.integers(1, 2**62 - 1)


@given(inodes)
def test_the_two_ends_of_a_pipe_differ_and_lead_to_its_inode(inode: int) -> None:
    reading, writing = identities.pipe_end(inode, True), identities.pipe_end(inode, False)
    assert reading != writing
    assert identities.inode_of(reading) == identities.inode_of(writing) == inode


@given(inodes, st.integers(0, 2**20), st.integers(1, 2**22), st.integers(1, 2**32 - 1))
def test_a_file_is_no_object_of_another_kind(inode: int, device: int, pid: int, number: int) -> None:
    others = {
        identities.pipe_end(inode, True),
        identities.new_object(pid, number),
        identities.semaphore("/mp-k3_x91ab"),
    }
    assert identities.file(device, inode) not in others


@given(st.integers(0, 2**64))
def test_a_recording_has_an_identity_as_text(identity: int) -> None:
    assert identities.from_text(identities.as_text(identity)) == identity


def test_a_third_object_of_a_name_gets_the_number_3_and_a_forgotten_one_keeps_its_name() -> None:
    story = Story().began(1).lock(1, "door").lock(2, "door").lock(3, "door")
    assert [lock.name for lock in state_of(story.events).locks.values()] == ["door", "door-2", "door-3"]
    run = state_of(story.events)
    del run.locks[2]
    assert run.name(2) == "door-2"
