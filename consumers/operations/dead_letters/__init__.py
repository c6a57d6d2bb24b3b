"""Dead letters: why they failed, which ones are meant, and what is done with exactly those. boto3 only."""
