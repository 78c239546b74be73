"""One line of JSON, as it stands in a recording and in the json view."""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from procsim.harmless import escaped

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def line_of(value: Mapping[str, Any]) -> str:
    """One line of JSON for what `json_value` gives, which any reader takes and no terminal obeys.

    Half a surrogate pair (a file's name that is not UTF-8 has one) is no text, and is spelled out: `\\udcff`.
    """
    try:
        line = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        line = _HALF_PAIR.sub(lambda found: rf"\\u{ord(found.group()):04x}", line)
    return escaped(line)
