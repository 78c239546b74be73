"""What a step costs: from the key to the screen, and how many a second are held with many processes; and the open gate.

    python -m tests.bench.steps

By hand, on a quiet machine.
"""

import json
import statistics
import tempfile
import time
import timeit
from pathlib import Path

from procsim.control.gatekeeper import Gatekeeper
from procsim.tracer import gate
from procsim.wire.pipe import EventQueue
from tests.integration.conftest import House
from tests.integration.terminal import Terminal

KEYS = 30
PROCESSES = 100
PACES = (10, 100, 1000)
LOOKS = 1_000_000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="house-", dir="/tmp") as folder:
        print(f"the open gate costs an operation {open_gate(Path(folder)):.0f} ns")
        house = House(Path(folder))
        took = from_key_to_screen(house)
        print(f"a step, from key to screen: median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms")
        for pace in PACES:
            print(f"{PROCESSES} processes at {pace}/s: {held(house, pace):.0f} steps a second")


def open_gate(folder: Path) -> float:
    """ns, of the look that each operation takes at it."""
    Gatekeeper(str(folder))
    gate.find(str(folder), EventQueue(folder / "events"))

    def look() -> None:
        if gate.shared[0]:
            raise AssertionError

    try:
        looks, calls = (min(timeit.repeat(call, number=LOOKS, repeat=7)) for call in (look, lambda: None))
    finally:
        gate.leave()
    return (looks - calls) / LOOKS * 1e9


def from_key_to_screen(house: House) -> list[float]:
    """ms, for one key after the other; the next is pressed when its step is on the screen."""
    terminal = Terminal(house, "tickets", "--users", 10, "--no-lock", "--step")
    terminal.wait_for("MainProcess", "next:")
    terminal.child.delaybeforesend = None
    took = []
    for number in range(1, KEYS + 1):
        began = time.monotonic()
        terminal.press("n")
        terminal.child.expect(rf"step {number} ")
        took.append((time.monotonic() - began) * 1e3)
    terminal.press("q")
    terminal.wait_for_end()
    terminal.close()
    return took


def held(house: House, pace: int) -> float:
    """Steps a second, while at least so many processes are there."""
    done = house.start("tickets", "--users", PROCESSES, "--no-lock", "--pace", f"{pace}/s", "--view", "json")
    passed: list[float] = []
    began = 0
    assert done.stdout is not None
    for line in done.stdout:
        event = json.loads(line)
        began += event["kind"] == "process_began"
        if event["kind"] == "gate_passed" and began > PROCESSES:
            passed.append(event["t"] / 1e9)
            if len(passed) > max(50, pace):
                break
    done.terminate()
    done.communicate()
    return (len(passed) - 1) / (passed[-1] - passed[0])


if __name__ == "__main__":
    main()
