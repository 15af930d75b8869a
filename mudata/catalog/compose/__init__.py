"""Exams that mudata composes: pieces by a small grammar, whose facts are decided before a note of them is written."""
