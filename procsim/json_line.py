"""The lines of JSON in a recording and in the json view."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from procsim.harmless import escaped

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def line_of(value: Mapping[str, Any]) -> str:
    """One line of JSON, harmless for a terminal. The value holds what `procsim.wire.json_values.json_value` returns.

    Half a surrogate pair, as in a file's name that is not UTF-8, is no valid text: it is spelled out, `\\udcff`.
    """
    try:
        line = _encode()(value).decode()
    except UnicodeEncodeError:
        import json  # most runs need none

        line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        line = _HALF_PAIR.sub(lambda found: rf"\\u{ord(found.group()):04x}", line)
    return escaped(line)


@cache
def _encode() -> Callable[[Any], bytes]:
    """msgspec's encoder; most runs need no JSON, and its import takes as long as that of all our views."""
    import msgspec

    return msgspec.json.encode
