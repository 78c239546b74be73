"""Begins a zygote (`procsim.tracer.zygote`), in an interpreter that the tracer is in."""

import sys

if True:
    __name__ = "procsim.tracer.hook.zygote"  # it is no code of the program's
    del sys.path[0]  # this folder: a program is to find nothing here
    from procsim.tracer import zygote

    zygote.serve(int(sys.argv[1]), sys.argv[2:])
