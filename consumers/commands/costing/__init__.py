"""What `consumers cost` estimates, measures and prints."""
