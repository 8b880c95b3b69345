"""The speeds that SPEC §11 promises of files: ``make bench`` shows them side by side."""
