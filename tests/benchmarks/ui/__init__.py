"""The speeds that SPEC §11 promises of the terminal UI, seen from the terminal's side of a pty."""
