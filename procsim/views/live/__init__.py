"""The live view: a run on the whole screen, and the keys by which people move it.

`view.py` obeys the keys (`keys.py`) and redraws; `full_screen.py` takes the terminal, reads keys (`keyboard.py`) and
writes what has changed (`frames.py`). `screen.py` makes the picture: the headline, the circle of waits, the rows of
processes, the objects (`things.py`), the code, a question, what it has come to
(`conclusion.py`); and `big.py` what is different for the back row.
`moments.py` chooses the moment that is shown: now, one that is past (`sought.py`: what is looked for there), or, of a
recording, that up to which it was played (`playing.py`). `terminal.py` takes the terminal from the shell and gives it
back, and `keeper.py` does so if procsim is killed. The menu uses the keyboard and the terminal, too.

`attached.py` shows a program that runs already, and `exploring.py` how `explore` goes on, in the picture that
`explored.py` makes.
"""
