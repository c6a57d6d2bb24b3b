"""What holds for every test."""

import signal

# A job in the background ignores Ctrl-C and hands that on to what it starts. Tests that press it want it to be heard.
signal.signal(signal.SIGINT, signal.default_int_handler)
