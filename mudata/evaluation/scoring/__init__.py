"""Answers read and scored, again at any time, offline."""
