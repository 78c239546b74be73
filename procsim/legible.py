"""How characters are written that the encoding of a stream lacks: as ones that look alike, else as "?".

stream.reconfigure(errors=LEGIBLE)
"""

import codecs

LEGIBLE = "procsim.legible"
"""The name of this way to encode, for `errors=`."""

CLUSTER = 16
"""Characters that may make one emoji, or more."""

IN_PLACE_OF = {"…": "~", "·": "-", "→": ">", "←": "<", "–": "-", "’": "'"}  # noqa: RUF001 - these are meant


def _in_place_of(error: UnicodeError) -> tuple[str, int]:
    """As many cells as before: else lines would be wider than the screen, and columns ragged."""
    from rich.cells import cell_len  # most streams lack nothing, and it takes 4 ms

    assert isinstance(error, UnicodeEncodeError)
    pieces = []
    for number in range(error.start, error.end):
        before = error.object[max(0, number - CLUSTER) : number]  # parts of an emoji have no cells of their own
        character = error.object[number]
        cells = cell_len(before + character) - cell_len(before)
        pieces.append(IN_PLACE_OF.get(character, "?" * cells))
    return "".join(pieces), error.end


codecs.register_error(LEGIBLE, _in_place_of)
