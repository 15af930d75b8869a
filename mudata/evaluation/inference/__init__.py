"""Asking a model about the clips of a split: planned, played, batched, appended, resumed."""
