"""One module for each command of `consumers`: options in, lines out. What is done is in `local` and `operations`."""
