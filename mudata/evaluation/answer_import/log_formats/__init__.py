"""A module for each program whose files of answers are read: `entries(path)` gives its answers."""
