"""Subjective evaluation: people listen and rate what models said (arXiv:2409.09601, section 2.2.1).

A test is designed once and sealed (`listening_test`); what raters say goes into its database
(`rating_store`) and from there into results. Pages for raters are in `mudata.web`.
"""
