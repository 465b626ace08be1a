"""How names that others chose are shown: class names and paths may be long, empty, or made to deceive."""

import unicodedata

LONGEST = 36
_JOINERS = "\u200c\u200d"  # Persian words and joined emoji need them
_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # control and format signs, among them those that reverse text
_TO_THE_LEFT = {"R", "AL", "AN"}


def shown(name: object, longest: int = LONGEST) -> str:
    """A name as one line of at most `longest` signs that leaves the text around it as it is."""
    text = "".join(
        "\ufffd" if unicodedata.category(sign) in _HIDDEN and sign not in _JOINERS else sign for sign in str(name)
    )
    text = text.strip() or "(no name)"
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    # Text that runs to the left would draw the numbers after it over to its other side, were it not set apart.
    if any(unicodedata.bidirectional(sign) in _TO_THE_LEFT for sign in text):
        return f"\u2068{text}\u2069"
    return text
