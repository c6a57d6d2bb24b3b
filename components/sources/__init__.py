"""The components that send to consumers, a module for each kind of source."""
