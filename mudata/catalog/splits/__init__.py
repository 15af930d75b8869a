"""Splits: who is a candidate, what stays together, how labels are dealt out, and what a manifest promises."""
