"""The parts of `consumers simulate`."""
