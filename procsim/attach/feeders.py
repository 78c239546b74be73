"""The threads that send what was put into a Queue: did one of them drop its last item, since it could not be sent?

Such a thread keeps the item that it sends in a variable, and puts its bytes in the place of it once it is pickled. If
it waits for the next one, and the item itself is still there, that could not be pickled.
"""

from collections.abc import Iterable

from procsim.attach.frames import Frame
from procsim.attach.objects import Objects

_SENT = "memoryview"


def dropped_from(objects: Objects, frames: Iterable[list[Frame]]) -> dict[int, tuple[str, int]]:
    """The items that were dropped, such as "<dict>", each with the place of its thread among these; by the address of
    the buffer of its queue.
    """
    found: dict[int, tuple[str, int]] = {}
    for place, calls in enumerate(frames):
        if len(calls) < 2 or calls[0].function != "wait" or calls[1].function != "_feed":
            continue
        variables = calls[1].variables
        item, buffer = variables.get("obj", 0), variables.get("buffer", 0)
        kind = objects.type_name(item) if item else ""
        if kind and kind != _SENT and buffer and not objects.length(buffer):
            found[buffer] = f"<{kind}>", place
    return found
