"""Questions: what a task asks of which clips, in which words."""
