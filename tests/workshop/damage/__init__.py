"""What is done to good files, one family a module; each has ``make(shop)``."""
