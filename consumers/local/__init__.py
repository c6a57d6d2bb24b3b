"""An AWS in the laptop: what it runs on, what it knows, and the program on it."""

FOR_THIS_MACHINE = {"QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE": "1"}
"""What a program finds in its environment: its functions run on this machine's Python, not on Lambda's."""
