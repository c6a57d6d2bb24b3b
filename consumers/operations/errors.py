"""The base class of the errors that commands print in one line."""


class OperationError(Exception):
    """An operation cannot be done. The text is for the user."""
