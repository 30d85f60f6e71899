# ruff: noqa: RUF001 - letters of other scripts
"""Latin letters in other scripts, as a clerk writes a foreign name letter by letter."""

from collections.abc import Mapping

CYRILLIC = {
    "shch": "щ", "sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "ts": "ц", "ya": "я", "yu": "ю",
    "ph": "ф", "th": "т", "ck": "к", "a": "а", "b": "б", "c": "к", "d": "д", "e": "е", "f": "ф",
    "g": "г", "h": "х", "i": "и", "j": "дж", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о",
    "p": "п", "q": "к", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в", "w": "в", "x": "кс",
    "y": "й", "z": "з",
}  # fmt: skip
GREEK = {
    "th": "θ", "ch": "χ", "ph": "φ", "ps": "ψ", "a": "α", "b": "μπ", "c": "κ", "d": "ντ", "e": "ε",
    "f": "φ", "g": "γκ", "h": "χ", "i": "ι", "j": "τζ", "k": "κ", "l": "λ", "m": "μ", "n": "ν",
    "o": "ο", "p": "π", "q": "κ", "r": "ρ", "s": "σ", "t": "τ", "u": "ου", "v": "β", "w": "ου",
    "x": "ξ", "y": "υ", "z": "ζ",
}  # fmt: skip
ARABIC = {
    "sh": "ش", "th": "ث", "kh": "خ", "gh": "غ", "dh": "ذ", "ch": "تش", "ph": "ف", "a": "ا",
    "b": "ب", "c": "ك", "d": "د", "e": "", "f": "ف", "g": "غ", "h": "ه", "i": "ي", "j": "ج",
    "k": "ك", "l": "ل", "m": "م", "n": "ن", "o": "و", "p": "ب", "q": "ق", "r": "ر", "s": "س",
    "t": "ت", "u": "و", "v": "ف", "w": "و", "x": "كس", "y": "ي", "z": "ز",
}  # fmt: skip
DEVANAGARI = {
    "sh": "श", "th": "थ", "ch": "च", "kh": "ख", "gh": "घ", "ph": "फ", "a": "ा", "b": "ब", "c": "क",
    "d": "द", "e": "े", "f": "फ", "g": "ग", "h": "ह", "i": "ि", "j": "ज", "k": "क", "l": "ल",
    "m": "म", "n": "न", "o": "ो", "p": "प", "q": "क", "r": "र", "s": "स", "t": "त", "u": "ु",
    "v": "व", "w": "व", "x": "क्स", "y": "य", "z": "ज़",
}  # fmt: skip


def spelled(text: str, table: Mapping[str, str]) -> str:
    """A Latin name letter by letter in another script; what has no letter there stays."""
    out, at, low = "", 0, text.lower()
    while at < len(low):
        for length in (4, 2, 1):
            piece = low[at : at + length]
            if piece in table:
                out += table[piece]
                at += len(piece)
                break
        else:
            out += low[at]
            at += 1
    return out.capitalize()
