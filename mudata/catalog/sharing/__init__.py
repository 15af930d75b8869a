"""A dataset in the store that machines share: published there, and had from there instead of from its hosts."""
