"""Benchmarks against the alternatives. Each figure is a ratio from one run: `make bench`."""
