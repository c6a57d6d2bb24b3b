"""Keys of a terminal, from the bytes that it sends."""

import codecs
import re

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\x1b\[O])", re.DOTALL)
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_NAMES = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\r": "enter",
    "\n": "enter",
    "\x03": "q",  # Ctrl-C, where the terminal sends no signal for it
    "\x04": "q",  # Ctrl-D
}
ESCAPE = "escape"
LONGEST = 64
"""Characters of an escape sequence. What is longer is dropped: no terminal sends it."""


class Keys:
    """Turns bytes into names of keys: a character, or `up`, `down`, `page up`, `page down`, `enter`, `escape`.

    Pasted text and unknown sequences are not keys, so that nothing is done by accident.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._is_pasting = False

    @property
    def is_unfinished(self) -> bool:
        """Whether an escape sequence has begun, or the key Escape was pressed: only time tells."""
        return bool(self._text) and not self._is_pasting

    def read(self, data: bytes) -> list[str]:
        """Return the keys that are complete now."""
        self._text += self._decoder.decode(data)
        keys: list[str] = []
        while self._text:
            if self._is_pasting:
                self._skip_pasted()
                if self._is_pasting:
                    break
            elif not self._text.startswith("\x1b"):
                keys.append(self._text[0])
                self._text = self._text[1:]
            elif found := _SEQUENCE.match(self._text):
                keys.append(found[0])
                self._text = self._text[found.end() :]
                self._is_pasting = found[0] == _PASTE_BEGINS
            elif self._text.startswith("\x1b\x1b"):
                keys.append(ESCAPE)
                self._text = self._text[1:]
            else:
                self._text = "" if len(self._text) > LONGEST else self._text
                break
        return [name for key in keys if (name := _name(key))]

    def finish(self) -> list[str]:
        """Return what an unfinished sequence was, when no more bytes come: the key Escape, or nothing."""
        text, self._text = self._text, ""
        return [ESCAPE] if text == "\x1b" else []

    def _skip_pasted(self) -> None:
        _, end, rest = self._text.partition(_PASTE_ENDS)
        self._is_pasting = not end
        # The end may arrive in pieces.
        self._text = rest if end else self._text[-len(_PASTE_ENDS) + 1 :]


def _name(key: str) -> str:
    if key == ESCAPE:
        return key
    if key.startswith("\x1bO"):  # arrows in the terminal's application mode
        key = f"\x1b[{key[2:]}"
    return _NAMES.get(key, key if len(key) == 1 and key.isprintable() else "")
