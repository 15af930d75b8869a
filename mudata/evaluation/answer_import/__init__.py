"""Answers made elsewhere become a run like any other."""
