"""Fuzzing of the readers: ``make fuzz``. Nothing that it makes may crash, hang or flood them."""
