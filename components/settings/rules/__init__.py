"""The rules on a consumer's settings, a module for each part of a consumer."""
