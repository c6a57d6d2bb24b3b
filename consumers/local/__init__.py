"""The AWS in the laptop: its server, and the process that stays in the background."""

FOR_THIS_MACHINE = {"QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE": "1"}
"""What a program finds in its environment: its functions run on this machine's Python, not on Lambda's."""
