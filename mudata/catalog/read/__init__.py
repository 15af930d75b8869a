"""Raw files as a card declares them: tables, clips, labels, captions."""
