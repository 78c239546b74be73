"""An order: what is to be run, and how."""

from dataclasses import dataclass, field

from procsim.control.plan import Plan
from procsim.wire.run_folder import Settings


@dataclass
class Order:
    """What is to be run, and how."""

    command: list[str]
    settings: Settings = field(default_factory=Settings)
    timeout: float | None = None
    """seconds after which the run is ended; None: never. A closed gate stops the clock."""

    isolated: bool = True
    """In a session of its own, without our terminal and standard input, and with a temporary folder that is removed
    afterwards. False: where and as it would run without procsim."""

    keyboard: bool = False
    """Whether our standard input is a keyboard whose keys are for us, and not for the program."""

    calls_start: bool = False
    """Whether the program is to call `procsim.start`, which gives `main` its options; a finding says if it did not."""

    plan: Plan = field(default_factory=Plan)
    """Who moves, and when."""

    stop_on_hang: bool = True
    """Whether the run is ended once it hangs."""

    @property
    def signals_are_passed_on(self) -> bool:
        """Whether the signals that come to us go on to the program, which runs as it would without procsim."""
        return not self.isolated and not self.keyboard
