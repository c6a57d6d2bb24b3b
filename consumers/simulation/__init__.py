"""What will happen: a program's consumers against a described load, simulated batch by batch. It calls no API."""
