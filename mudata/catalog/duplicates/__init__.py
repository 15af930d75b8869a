"""Duplicates: exact copies by their hashes, near copies by an acoustic fingerprint, and who is told of them.

clips -> fingerprints (kept in the home by content) -> pairs that agree -> groups -> SQL, splits, leaks
"""
