"""Runs handlers of the working copy on this machine: packaged as they would be deployed, each in its own process."""
