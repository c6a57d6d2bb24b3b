"""Brings the local AWS to a desired state: for the real Pulumi CLI as its provider, and for `consumers up`."""
