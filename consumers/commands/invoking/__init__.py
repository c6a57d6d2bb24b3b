"""The parts of `consumers invoke`: where its messages come from, and what it prints."""
