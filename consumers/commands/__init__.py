"""The commands, a module each: they parse and print, nothing else."""
