"""The command `consumers`. Nothing is imported before Ctrl-C is taken care of."""

import sys


def main() -> None:
    """Run the command; after Ctrl-C end as a shell expects it, and without a traceback."""
    try:
        from consumers.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
