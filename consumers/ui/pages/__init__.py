"""One module for each kind of page: what it reads, and the template that shows it."""
