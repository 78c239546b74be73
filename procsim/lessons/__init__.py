"""What is taught. In come scenarios and the TOML files of their chapters; out go `Scenario`s, menu and pages.

A scenario is a program that imports `procsim`, a lesson one statement with the command that shows it and the one to
compare it with, a chapter the lessons of one scenario. `command` and `rehearsal` knock here.
"""
