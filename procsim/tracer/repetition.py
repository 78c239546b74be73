"""Counts the events of a lock that one thread acquires and releases again and again, or of a Value to which it adds the
same number again and again, at the same two lines.

    lock_acquired, lock_released, lock_acquired, lock_released, … ──► one record with a count: `procsim.wire.interned`
    value_read 1, value_written 2, value_read 2, value_written 3 … ─┘

To raise the count takes a third of the time of an event of its own. The repetition ends with whatever else this process
emits. That of a lock goes on while others have the lock in between, and ends after a millisecond, since the times of
the events between are not kept. That of a Value ends when anybody else uses it: so its events keep their places among
those of others. Where none pays, as something else is emitted in between each time, it is tried more and more seldom.

Nothing is counted unless the run was ordered so (`Settings.repetitions`): then nobody wants to see each event, and the
gate is never closed.
"""

import sys
from _thread import get_ident
from types import CodeType, FrameType
from typing import Any

from procsim.tracer.emit import NO_FIELDS, VALUE, emit_first
from procsim.tracer.sites import OF_HELPER
from procsim.wire.pipe import Clock, raised_elsewhere

_getframe = sys._getframe

PAYS = 8
"""A repetition of fewer events has not paid: what it takes to begin one is about as much."""

LEFT_OUT_AT_MOST = 255
"""How many tries are left out at the most, where none pays."""

NEVER = -1
"""Stands where there is no repetition."""


class LockRepetition:
    """What one lock of this process has done last, and whether that is being counted."""

    __slots__ = (
        *("first_code", "first_at", "second_code", "second_at", "thread"),
        *("until", "until_inside", "until_first", "tail", "counted", "count"),
        *("to_leave_out", "left_out"),
    )

    def __init__(self) -> None:
        self.first_code: CodeType | None = None
        self.first_at = 0
        """The instruction that has acquired the lock last."""
        self.second_code: CodeType | None = None
        self.second_at = 0
        """The one that has released it after that. None: none yet."""
        self.thread = 0
        """The thread that has done so."""
        self.until = self.until_inside = self.until_first = NEVER
        """Until when the repetition may go on: where the lock is free now, in the first; where it is held, in the
        second; where it is held for the first time in this repetition, in the third. The other two are NEVER. The
        first time that it is released is told, which takes the clock, and no other time."""
        self.tail = self.counted = memoryview(bytes(16)).cast("q")
        """`Buffers.tail`; and the words that count."""
        self.count = 0
        """How many events are counted, of both together."""
        self.to_leave_out = self.left_out = 0
        """How often to leave out the next try to begin, and how often it was."""

    # All of these are called by the thread that has the lock, so that no other one changes anything meanwhile.

    def acquired(self, identity: int | None, how: bytes) -> bool:
        """Emit that the lock was acquired, if that can be counted. False: it was not emitted.

        `how`: see `locks.CALLED`. The call site is that of the method whose helper calls this: `sites.OF_HELPER`.
        """
        try:
            frame = _getframe(OF_HELPER)
        except ValueError as error:  # see `sites.caller`
            if raised_elsewhere(error):
                raise
            return False
        if frame.f_lasti == self.first_at and frame.f_code is self.first_code:
            now, counted, tail = Clock.now(), self.counted, self.tail
            is_next = get_ident() == self.thread
            # In one line: see `Buffers.begin_repetition`.
            if is_next and now < tail[1] == self.until: self.until_inside, self.until = self.until, NEVER; counted[0] = now; counted[2] = self.count = self.count + 1; return True  # fmt: skip  # noqa: E501, E701, E702
        return self._begins(frame, identity, how)

    def released(self) -> bool:
        """Emit that the lock is about to be released, if that can be counted. As `acquired`."""
        try:
            frame = _getframe(OF_HELPER)
        except ValueError as error:
            if raised_elsewhere(error):
                raise
            return False
        if frame.f_lasti == self.second_at and frame.f_code is self.second_code:
            now, counted, tail = Clock.now() if self.until_first != NEVER else 0, self.counted, self.tail
            is_next = get_ident() == self.thread
            if is_next and tail[1] == self.until_inside: self.until, self.until_inside = self.until_inside, NEVER; counted[2] = self.count = self.count + 1; return True  # fmt: skip  # noqa: E501, E701, E702
            if is_next and tail[1] == self.until_first: self.until, self.until_first = self.until_first, NEVER; counted[1] = now; counted[2] = self.count = self.count + 1; return True  # fmt: skip  # noqa: E501, E701, E702
        if self.left_out >= self.to_leave_out and get_ident() == self.thread:
            self.second_code, self.second_at = frame.f_code, frame.f_lasti
        return False

    def take_back(self) -> None:
        """The release that was counted last raised: somebody else had released the lock. It did not happen."""
        self.until = self.until_inside = NEVER
        self.counted[2] = self.count = self.count - 1

    def _begins(self, frame: FrameType, identity: int | None, how: bytes) -> bool:
        """Emit that this frame has acquired the lock by a repetition that begins. False: it was not emitted.

        It may begin where the same thread has acquired the lock there before, and released it since.
        """
        if self.left_out < self.to_leave_out:
            self.left_out += 1
            return False
        self.to_leave_out = 0 if self.count >= PAYS else min(2 * self.to_leave_out + 1, LEFT_OUT_AT_MOST)
        self.left_out = self.count = 0
        self.until = self.until_inside = self.until_first = NEVER
        thread, code, at = get_ident(), frame.f_code, frame.f_lasti
        if at != self.first_at or code is not self.first_code or thread != self.thread or self.second_code is None:
            self.thread, self.first_code, self.first_at, self.second_code = thread, code, at, None
            return False
        first = ("lock_acquired", identity, id(code) + at, how)
        second = ("lock_released", identity, id(self.second_code) + self.second_at, NO_FIELDS)
        begun = emit_first(first, second)
        if begun is None:
            return False
        self.until_first, self.tail, self.counted = begun
        self.count = 1
        return True


class ValueRepetition:
    """What one process has done last with one Value, and whether that is being counted.

    Two events, which one thread emits in turn: it reads the value at one instruction, and at another one writes what is
    greater by a number that is always the same. It goes on as long as nobody else, of whatever process, reads or writes
    it, as the stamp shows; so all of them may stand at one moment, and no clock is needed. All is called with the lock
    inside the Value held.
    """

    __slots__ = (
        *("first_code", "first_at", "second_code", "second_at", "thread"),
        *("value", "step", "stamp", "until", "tail", "counted", "count"),
        *("to_leave_out", "left_out"),
    )

    def __init__(self, stamp: memoryview) -> None:
        """`stamp`: see `emit.stamp_of`."""
        self.first_code: CodeType | None = None
        self.first_at = 0
        """The instruction that has read it last."""
        self.second_code: CodeType | None = None
        self.second_at = 0
        """The one that has written it after that. None: none yet."""
        self.thread = 0
        """The thread that has done so."""
        self.value = self.step = 0
        """What was read or written last, and by how much each write adds to it."""
        self.stamp = stamp
        self.until = NEVER
        """The stamp of the repetition. It goes on while both the word `stamp` and the tail have it."""
        self.tail, self.counted = memoryview(bytes(16)).cast("q"), stamp
        """`Buffers.tail`; and the words that count."""
        self.count = 0
        """How many events are counted, of both together."""
        self.to_leave_out = self.left_out = 0
        """How often to leave out the next try to begin, and how often it was."""

    def end(self) -> None:
        """It is read or written now, and that is not counted."""
        self.stamp[0] = 0
        self.until = NEVER

    def read(self, frame: FrameType, thread: int, identity: int, value: int) -> bool:
        """Emit that this frame has read the value, by a repetition that begins. False: it was not emitted."""
        self.end()
        self.value = value
        if self.left_out < self.to_leave_out:
            self.left_out += 1
            return False
        self.to_leave_out = 0 if self.count >= PAYS else min(2 * self.to_leave_out + 1, LEFT_OUT_AT_MOST)
        self.left_out = self.count = 0
        code, at = frame.f_code, frame.f_lasti
        if at != self.first_at or code is not self.first_code or thread != self.thread or self.second_code is None:
            self.thread, self.first_code, self.first_at, self.second_code = thread, code, at, None
            return False
        first = ("value_read", identity, id(code) + at, VALUE)
        second = ("value_written", identity, id(self.second_code) + self.second_at, VALUE)
        begun = emit_first(first, second, (value, self.step))
        if begun is None:
            return False
        stamp, self.tail, self.counted = begun
        self.count = 1
        self.stamp[0] = self.until = stamp
        return True

    def written(self, frame: FrameType, thread: int, value: Any) -> None:
        """This frame has written the value, and that is not counted: perhaps it will be the next time."""
        self.end()
        if self.left_out >= self.to_leave_out and thread == self.thread and type(value) is int:
            self.second_code, self.second_at, self.step = frame.f_code, frame.f_lasti, value - self.value
