"""Numbers out of scored answers, with their intervals and tests. Nothing here reads or writes
files."""
