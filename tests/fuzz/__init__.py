"""Recordings that are damaged in all ways that come to mind, replayed in one process and by whole commands."""
