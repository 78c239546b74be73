"""Shows a run, several runs that are compared, or a recording, from the first event to the verdict.

In comes an order (or a recording) and a view; out comes the exit code of the command. `command` knocks here.

Wishes, questions, signals and faults meet here: people's wishes are granted between two batches (`grants`); people are
asked what will come (`quiz`); signals end a run or go on to the program (`signals`); a part of procsim that fails is
left out, and the run goes on (`faults`).
"""
