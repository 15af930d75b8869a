"""Pages that are asked for one by one, from a server on this machine: raters rate, and people look at the collection.

`page_server` serves an application, `security` stands before every one, `page_templates` makes HTML of what is shown.
"""
