"""Runs the loop behind the screen."""

import threading

from consumers.dev.loop import Loop
from consumers.dev.screen import Screen


def run(screen: Screen, loop: Loop) -> None:
    """Run until the screen ends, in the main thread. An error of the loop ends the screen, and is raised after it."""
    ended, errors = threading.Event(), list[BaseException]()

    def run_loop() -> None:
        try:
            loop.run()
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run_loop, name="loop")
    thread.start()
    try:
        screen.run(ended)
    finally:
        loop.stop()
        thread.join()
    if errors:
        raise errors[0]
