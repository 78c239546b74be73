"""Manager: the calls that a process makes through a proxy, and their answers."""

from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import Waiting, emit, emit_waiting
from procsim.tracer.patching import Methods
from procsim.tracer.sites import outer_site


def _is_arbitrary(address: Any) -> bool:
    """Whether multiprocessing chose the address (`connection.arbitrary_address`): only this program then knows it."""
    return isinstance(address, str) and "/pymp-" in address


def patch_managers(module: ModuleType) -> None:
    """multiprocessing.managers."""
    BaseProxy.replace_those_of(module.BaseProxy)
    Server.replace_those_of(module.Server)


class BaseProxy(Methods):
    """multiprocessing.managers.BaseProxy."""

    def _callmethod(self: Any, methodname: str, args: Any = (), kwds: Any = {}) -> Any:  # noqa: B006 - as the original
        at = outer_site()
        typeid = self._token.typeid
        gate.arrive("manager_answered", None, at, subject=f"{typeid}.{methodname}")
        emit_waiting("manager_called", None, at, type=typeid, method=methodname)
        waiting = Waiting()
        try:
            return BaseProxy.real._callmethod(self, methodname, args, kwds)
        finally:  # an exception is an answer, too
            emit("manager_answered", at=at, type=typeid, method=methodname, took=waiting.took())


class Server(Methods):
    """multiprocessing.managers.Server."""

    def serve_forever(self: Any) -> None:
        emit("manager_began", public=not _is_arbitrary(self.address))
        Server.real.serve_forever(self)
