"""The components that send to a consumer."""
