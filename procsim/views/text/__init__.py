"""A run as lines of text: the plain view, the summary under each run, and the words for what happens.

The live view draws with these words, too; nothing in here needs a terminal.
"""
