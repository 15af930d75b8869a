"""Kinds of questions with exact truth: what each asks, may be answered, and is worth.

A kind is one YAML file in `cards/kinds` (words) and one module here (truth, reading, scores).
"""
