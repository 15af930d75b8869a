"""`python -m mudata`."""

from mudata.cli import main

main()
