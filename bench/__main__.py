"""``python -m bench`` is ``claimbench``."""

from bench.cli import main

main()
