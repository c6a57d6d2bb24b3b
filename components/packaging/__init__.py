"""From a source folder and its requirements to the archive of a function, the same on every machine."""
