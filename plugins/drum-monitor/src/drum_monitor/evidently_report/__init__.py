"""Evidently's own HTML report, drawn by Evidently in an environment and a process of its own."""
