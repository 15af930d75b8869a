"""The collection as pages: datasets, clips, splits, runs. Read-only."""
