"""The live view: a run on the whole screen, and the keys by which people move it.

`view.py` reads the keys and redraws; `screen.py` and `code.py` make the picture; `terminal.py` takes the terminal from
the shell and gives it back, and `keeper.py` does so if procsim is killed. The menu uses the
keyboard and the terminal, too.
"""
