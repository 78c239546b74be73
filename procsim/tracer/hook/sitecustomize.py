"""Python imports this at its start, since procsim put its folder first on PYTHONPATH.

It lets the tracer in, leaves sys.path as the program would have found it, and runs the sitecustomize that it stands in
front of. A coverage that a .pth file has started sees this one file of ours: nothing in it is to count.
"""

if True:  # pragma: no cover
    import os
    import sys

    def _run_theirs(here):
        if here in sys.path:
            sys.path.remove(here)
        ours = sys.modules.pop("sitecustomize")
        try:
            import sitecustomize  # noqa: F401 - the one that this stands in front of
        except ImportError as error:
            if error.name != "sitecustomize":
                raise
        finally:
            sys.modules.setdefault("sitecustomize", ours)  # the import that runs this looks for it

    def _let_the_tracer_in(here):
        if sys.version_info < (3, 11) or not os.environ.get("PROCSIM_RUN"):
            return
        import _frozen_importlib_external  # importlib.machinery, without an import that the program might see
        import _imp

        name = "procsim.tracer.hook.enter"
        code = _frozen_importlib_external.SourceFileLoader(name, here + "/enter.py").get_code(name)
        _imp._fix_co_filename(code, f"<{name}, like importlib._bootstrap>")
        enter = {"__name__": name}
        exec(code, enter)
        enter["enter"](os.path.dirname(os.path.dirname(os.path.dirname(here))))

    _here = os.path.dirname(os.path.abspath(__file__))
    try:
        _run_theirs(_here)
    finally:
        _let_the_tracer_in(_here)
