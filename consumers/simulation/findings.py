"""Explains what a simulation has shown, in sentences."""

from consumers.simulation.outcome import Outcome


def sentences(outcome: Outcome) -> list[str]:
    """Return a sentence for each thing that matters, the most serious first. Each names its setting."""
    return []
