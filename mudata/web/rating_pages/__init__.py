"""Pages on which raters hear clips and rate what was said about them."""
