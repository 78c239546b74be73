"""How a place in a program is named: "work.py:12"."""

PATH_LIMIT = 80
"""Characters of a short path (its end)."""


def short_path(path: str) -> str:
    """The name of a file, with its folder where many files have that name."""
    parts = path.rsplit("/", 2)
    return "/".join(parts[-2:] if parts[-1] in ("__init__.py", "__main__.py") else parts[-1:])[-PATH_LIMIT:]
