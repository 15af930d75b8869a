"""Export: a split as a folder in a format that a library of the field loads, with what licences allow in it."""
