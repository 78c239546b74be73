"""What both sides of a run agree on: the program that is traced, and procsim.

The vocabulary of events (`events`), the two ways by which they come (`memory` with `interned` and `mapped_file`;
`pipe`), where a run keeps its settings (`run_folder`), what an interpreter is for (`interpreter`), and the words spoken
at the gate (`gate_words`). Every room may import this one. It imports nothing of procsim but itself, and of others the
standard library alone, since the tracer brings it into any interpreter.
"""
