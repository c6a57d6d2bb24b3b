"""The programs that a handler's process runs: one for each language. They import nothing of this project."""
