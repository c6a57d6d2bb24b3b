"""The alternatives, written as their users would write them."""
