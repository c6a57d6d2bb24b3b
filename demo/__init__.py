"""The two demos of the example: ten hands, and the workflow. Not part of the wheel."""
