"""The name of each thread in events, which is its own: where two threads of a process have one name, by a number."""

import threading

from procsim.tracer.values import NAME_LIMIT, plain

NAMES_KEPT = 1_000
"""Past so many, those of threads that have ended are forgotten."""

_alive: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]

_owners: dict[str, int] = {}
"""The thread (its ident) that each name belongs to in this process."""


def name_of_this_thread() -> str:
    """The name of this thread, with a number where another thread that is alive has taken it: "worker-2"."""
    ident = threading.get_ident()
    name = name_of(ident)
    if len(_owners) >= NAMES_KEPT:
        for known in [known for known, owner in _owners.items() if owner not in _alive]:
            del _owners[known]
    own: str = name
    number = 1
    while (owner := _owners.setdefault(own, ident)) != ident and owner in _alive:
        number += 1
        own = f"{name}-{number}"
    _owners[own] = ident
    return own


def name_of(ident: int) -> str:
    """The name that the program has given to a thread; `ident`: see `threading.get_ident`."""
    name: str = plain(getattr(_alive.get(ident), "_name", "thread"))  # `.name` may be the program's property
    return name[:NAME_LIMIT]


def forget() -> None:
    """This process is new, or has a new name: names are given anew."""
    _owners.clear()
