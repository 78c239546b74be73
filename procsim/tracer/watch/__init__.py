"""What is watched, a file for each kind of thing. In each a `patch_…` function replaces what belongs to one module.

A class of methods (`procsim.tracer.patching.Methods`) stands for each class that is traced. In such a method: ask for
the call site (`sites.caller`); if multiprocessing itself has called, do as the original does; pass the gate
(`gate.arrive`); emit; call the original.
"""
