"""Faulty programs, and healthy ones that are almost like them: does `procsim watch` say what is wrong, and only that?

    patients.py (program, finding, process) ──► trial.py: `procsim watch`, many times ──► report.py: a table, and JSON

`python -m tests.doctor` runs all of them: under each start method that makes a difference, three times, or 20 times
where a race decides; `--busy` with both cores busy; `--healthy` tries every healthy program and every cured twin, and
no other. What it has measured stays in a file of results, in which each program, start method and load has a row; a
later run replaces the rows of what it tries again.

`--attach` starts those that hang bare, and asks whether `procsim attach` finds the same as `watch`; with `--healthy`,
whether it says of none that it hangs.

A run is right if a finding has the id that is wanted and names the process and each line that is marked in the program
by a comment (`# waits`, `# made`), and if no other finding came. Of a healthy program nothing may be said, and its
output and exit code are those that it has by itself.
"""
