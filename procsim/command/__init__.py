"""The command line: each command chooses a source of events and a view, and hands both to `session`."""
