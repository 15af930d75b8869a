"""A home pinned in one file: what is locked, how it is read from a home, and how another home is made the same."""
