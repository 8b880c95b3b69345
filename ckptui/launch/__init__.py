"""Carrying a run on: the claim, the supervisor, the registry of runs, their logs."""
