"""Recordings: written, read, replayed. One may come from a stranger, so all that it holds is data within bounds."""
