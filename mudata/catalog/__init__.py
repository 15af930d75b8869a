"""What a dataset is, how it gets on disk, and into DuckDB."""
