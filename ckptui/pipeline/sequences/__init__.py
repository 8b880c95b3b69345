"""From FASTA to predictions: the sequences pipeline."""
