"""Originals, clips and index parts in a store that several machines share: MUDATA_STORE, any file system of fsspec.

    records/<dataset>.json            what the store has of a dataset: small, replaced as a whole, written last
    index/<dataset>/<hash>/           the tables of one generation and `files.parquet`: which file is which object
    objects/<dataset>/<2>/<sha256>    bytes of originals and of clips, named by their hash

All but the records never changes once it is there, so that whoever read a record can go on reading what it names.
The home stays local: files come to their usual places in it when they are needed (`local_cache`), and may go again.
Without MUDATA_STORE nothing here is imported but `location`.
"""
