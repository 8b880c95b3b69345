"""``python -m ckptui``."""

from ckptui.cli.main import main

main()
