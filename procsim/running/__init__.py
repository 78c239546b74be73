"""The processes of a run: started, known, ended.

In comes an order (what is to be run, and how); out come batches of events, until nothing of the run is left.
"""
