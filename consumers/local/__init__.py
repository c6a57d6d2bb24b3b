"""An AWS in the laptop: what it runs on, what it knows, and the program on it."""
