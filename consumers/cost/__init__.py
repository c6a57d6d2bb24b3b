"""What consumers cost in a month: arithmetic on settings, assumptions and a table of prices. It calls no API."""
