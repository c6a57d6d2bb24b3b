"""The entry point of `consumers`. It imports the commands only inside the handler of Ctrl-C."""

import gc
import sys


def main() -> None:
    """Run the command; after Ctrl-C exit with 130, without a traceback."""
    gc.set_threshold(200_000)  # by default a seventh of a start looks for garbage among what was just imported
    try:
        from consumers.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
