"""Models that can be asked: found by name, made from their cards. One adapter a file."""
