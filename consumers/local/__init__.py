"""The local AWS: its server, and the process that runs it in the background."""

FOR_THIS_MACHINE = {"QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE": "1"}
"""Makes the component install dependencies for this machine's Python: a local function runs on it, not on Lambda's."""
