"""Large letters, drawn with half blocks: each letter five squares high, which takes three rows of a terminal.

text ──► words ──► lines of squares ──► rows of ▀ ▄ █
"""

from collections.abc import Iterator, Mapping, Sequence

HEIGHT = 5
"""Squares."""

_SHAPES = """
A .#. #.# ### #.# #.#
B ##. #.# ##. #.# ##.
C .## #.. #.. #.. .##
D ##. #.# #.# #.# ##.
E ### #.. ##. #.. ###
F ### #.. ##. #.. #..
G .## #.. #.# #.# .##
H #.# #.# ### #.# #.#
I # # # # #
J ..# ..# ..# #.# .#.
K #.# #.# ##. #.# #.#
L #.. #.. #.. #.. ###
M #...# ##.## #.#.# #...# #...#
N #..# ##.# #.## #..# #..#
O .#. #.# #.# #.# .#.
P ##. #.# ##. #.. #..
Q .#. #.# #.# .#. ..#
R ##. #.# ##. #.# #.#
S .## #.. .#. ..# ##.
T ### .#. .#. .#. .#.
U #.# #.# #.# #.# ###
V #.# #.# #.# #.# .#.
W #...# #...# #.#.# ##.## #...#
X #.# #.# .#. #.# #.#
Y #.# #.# .#. .#. .#.
Z ### ..# .#. #.. ###
0 ### #.# #.# #.# ###
1 .# ## .# .# .#
2 ##. ..# .#. #.. ###
3 ### ..# .## ..# ###
4 #.# #.# ### ..# ..#
5 ### #.. ##. ..# ##.
6 .## #.. ### #.# ###
7 ### ..# .#. .#. .#.
8 ### #.# ### #.# ###
9 ### #.# ### ..# ##.
. . . . . #
, .. .. .. .# #.
: . # . # .
; .. .# .. .# #.
! # # # . #
? ##. ..# .#. ... .#.
' # # . . .
" #.# #.# ... ... ...
- ... ... ### ... ...
_ ... ... ... ... ###
+ ... .#. ### .#. ...
= ... ### ... ### ...
/ ..# ..# .#. #.. #..
% #.# ..# .#. #.. #.#
( .# #. #. #. .#
) #. .# .# .# #.
"""

SHAPES: Mapping[str, Sequence[str]] = {shape[0]: shape[2:].split(" ") for shape in _SHAPES.strip().splitlines()}
"""The rows of each letter, "#" for a square."""

SPACE = "..."
"""Between words; between letters there is one square."""

PUNCTUATION = ",;:，；："  # noqa: RUF001 - Chinese punctuation is meant
"""Behind these, a line ends by preference."""


def large(text: str, width: int, scale: int = 1) -> list[list[str]]:
    """One or two lines of large letters for a text, each as rows of at most `width` squares.

    A letter has `HEIGHT` rows, times `scale`. Empty, where it does not fit, or a letter has no shape.
    """
    words = text.upper().split()
    if not {*"".join(words)} <= SHAPES.keys():
        return []
    cells = [len(_line([word])[0]) + len(SPACE) for word in words]
    first = first_line(words, cells, width // scale + len(SPACE))
    lines = [_line(line) for line in (words[:first], words[first:]) if line] if first else []
    return [["".join(square * scale for square in row) for row in line for _copy in range(scale)] for line in lines]


def first_line(pieces: Sequence[str], cells: Sequence[int], width: int) -> int:
    """How many pieces of so many cells stand on the first of at most two lines; 0: they do not fit.

    A second line begins behind a punctuation mark, if it can, and is as long as the first one.
    """
    if sum(cells) <= width:
        return len(pieces)

    def rank(number: int) -> tuple[bool, int]:
        return pieces[number - 1][-1] not in PUNCTUATION, abs(sum(cells[:number]) - sum(cells[number:]))

    fitting = [n for n in range(1, len(pieces)) if max(sum(cells[:n]), sum(cells[n:])) <= width]
    return min(fitting, key=rank, default=0)


def _line(words: Sequence[str]) -> list[str]:
    return [SPACE.join(".".join(SHAPES[letter][row] for letter in word) for word in words) for row in range(HEIGHT)]


def half_blocks(rows: Sequence[str]) -> Iterator[str]:
    """Rows of squares of the same length, an even number of them, as rows of half blocks."""
    for above, below in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(" ▄▀█"[2 * (up == "#") + (down == "#")] for up, down in zip(above, below, strict=True))
