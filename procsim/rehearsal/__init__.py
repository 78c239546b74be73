"""`procsim rehearse`, for the ten minutes before class: tries what a lesson needs, and each lesson once.

    facts that were measured ──► screen.py, machine.py ──────────┐
    the command of each lesson ──► runs.py ──► Run ──► lessons.py ┴─► a `Check` each ──► report.py ──► a line each

In come the chapters; out come lines and an exit code. `command` knocks at `report.rehearse`. What a fact means is
decided by a pure function for each check; the functions that measure touch the terminal and the machine.
"""
