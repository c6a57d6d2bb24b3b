"""Is a consumer the right size? Arithmetic on measured invocations and prices. It calls no API."""
