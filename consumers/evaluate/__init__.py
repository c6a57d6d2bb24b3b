"""Runs a Pulumi program under mocks, for `up`, `check`, `cost` and the demo."""
