"""What the two sides of a run agree on: the program that is traced, and procsim.

The vocabulary of events, the pipe and the memory that carry them. The tracer rides in any interpreter and imports this
room alone, so it needs the standard library only. Everybody may knock.
"""
