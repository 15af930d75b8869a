"""Answers that are no labels, read: keys, tempi, metres, numbers, choices, orders, forms.

Each module reads one kind of value: `read_<kind>(answer, shown, ...)` gives an `Alignment` whose one label is the
value in its canonical spelling, with the spans and the rule that say why.
"""
