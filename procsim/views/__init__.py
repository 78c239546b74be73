"""The ways in which a run can be shown. To add one: one file with its View, and one row in VIEWS."""

VIEWS = ("live", "plain", "json")
