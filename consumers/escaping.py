"""Text from outside as text that controls no terminal.

A log line, a message body, an error of AWS may contain escape sequences that clear the screen, set the title or fill
the clipboard.
"""

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]  # C0, DEL and C1
_BREAKS = [0x2028, 0x2029]
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # they reorder text on the screen
_SURROGATES = range(0xD800, 0xE000)  # printing one fails in every encoding
_VISIBLE = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (*_CONTROLS, *_BREAKS, *_DIRECTIONS, *_SURROGATES)
    if chr(code) not in "\n\t"
}


def visible(text: str) -> str:
    """Return the text with control characters escaped, like `\\x1b`; line ends and tabs stay."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)
