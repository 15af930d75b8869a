"""Getting a dataset's files onto this disk: what to get is planned, then transferred, verified and unpacked."""
