"""`python -m truemask.cli`."""

from truemask.cli import main

main()
