"""The damaged run that ``ckptui demo`` makes."""
