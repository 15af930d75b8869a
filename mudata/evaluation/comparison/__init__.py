"""Runs beside runs: differences, tables, one clip and all answers to it, controls."""
