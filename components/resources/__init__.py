"""Registers the AWS resources of a component from its validated settings, a module per kind of resource."""
