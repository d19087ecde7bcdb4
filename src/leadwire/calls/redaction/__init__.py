"""Removing secrets and personal values from what is recorded, before it can touch a disk.

``walk`` goes through the parts of a call, for two sets of rules: ``secrets`` and ``personal``.
"""
