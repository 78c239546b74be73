"""The live view: a run on the whole screen, and the keys by which people move it.

`view.py` reads the keys (`keyboard.py`, `keys.py`) and redraws; `frames.py` writes what has changed. `screen.py` makes
the picture: the headline, the circle of waits, the rows of processes, the objects (`things.py`), the code, a question;
and `big.py` what is different for the back row. `moments.py` chooses the moment that is shown: now, one that is past
(`sought.py`: what is looked for there), or, of a recording, that up to which it was played (`playing.py`).
`terminal.py` takes the terminal from the shell and gives it back, and `keeper.py` does so if procsim is killed. The
menu uses the keyboard and the terminal, too.
"""
