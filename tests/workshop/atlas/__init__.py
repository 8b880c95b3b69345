"""The atlas: what each checker says about each file of the workshop."""
