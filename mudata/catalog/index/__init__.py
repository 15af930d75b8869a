"""The index in DuckDB over generations of Parquet files: written, asked, counted, verified."""
