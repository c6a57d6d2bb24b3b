"""The stories of the example: ten hands, and the workflow. They are no part of the wheel."""
