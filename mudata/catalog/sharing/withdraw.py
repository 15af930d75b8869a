"""Taking a dataset out of the store that machines share."""

from __future__ import annotations

from mudata.object_store import shared_files, shared_record


def withdraw(dataset: str) -> None:
    """Remove all that the store has of a dataset, the record first: nobody finds half of it. Stopped, the same call
    goes on. Homes that have its index keep it, and miss the files that are not there. Raises StoreError."""
    if shared := shared_files.store():
        shared.remove(shared_record.key_of(dataset))
        shared.remove(f"objects/{dataset}")
        shared.remove(f"index/{dataset}")
