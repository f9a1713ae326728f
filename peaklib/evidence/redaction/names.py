"""Which names announce a secret, and which values under such names are worth hiding."""

import os
import re
from typing import Final

SHORTEST: Final = 8

# A word of one of these in a name says "secret"...
_PLAIN_WORDS: Final = {
    *("SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE"),
    *("CREDENTIAL", "CREDENTIALS", "APIKEY", "APIKEYS"),
}
# ... and one of these does too, but also names sort keys, digests and coins, if it has no company.
_VAGUE_WORDS: Final = {"KEY", "KEYS", "TOKEN", "TOKENS", "PRIVATE"}
_COMPANY: Final = {"ACCESS", "API", "AUTH", "BEARER", "ENCRYPTION", "MASTER", "SIGNING", "SSH"}
_PLACES: Final = {"DIR", "DIRECTORY", "FILE", "FOLDER", "PATH", "SOCK"}
_SETTINGS: Final = {
    *("anonymous", "automatic", "disabled", "optional", "required", "undefined", "unlimited"),
}
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PATH_START: Final = re.compile(r"~?/|\.\.?/|[A-Za-z]:\\")
_COLUMN: Final = r"[a-z]+(_[a-z]+)*"
_COIN: Final = r"[A-Z0-9]{1,10}([-/:._][A-Z0-9]{1,10})*"
_DIGEST: Final = r"[0-9a-f]{64}"
_HARMLESS: Final = re.compile(f"{_COLUMN}|{_COIN}|{_DIGEST}")


def says_secret(name: str) -> bool:
    """Whether a name announces a secret: one of its words is KEY, TOKEN, PASSWORD and the like.

    >>> [says_secret(n) for n in ("AWS_SECRET_ACCESS_KEY", "apiKey", "KEYBOARD", "PASSWORD_FILE")]
    [True, True, False, False]
    """
    words = _words(name)
    return bool({*words} & (_PLAIN_WORDS | _VAGUE_WORDS)) and words[-1] not in _PLACES


def is_secret(value: str) -> bool:
    """Whether the value of a variable that announces a secret is worth hiding.

    Short values, switches and paths of files that exist are not.
    """
    if len(value.strip()) < SHORTEST or value.lower() in _SETTINGS:
        return False
    return not (_PATH_START.match(value) and _exists(value))


def sounds_harmless(name: str, value: str) -> bool:
    """Whether a parameter only sounds like a secret: `sort_key="end_time"`, `token="WBTC-USDC"`.

    Only where the name is vague; under `api_key` or `password` nothing is harmless.
    """
    vague = not {*_words(name)} & (_PLAIN_WORDS | _COMPANY)
    return vague and _HARMLESS.fullmatch(value) is not None


def _words(name: str) -> list[str]:
    return [word.upper() for word in _WORD.findall(name)]


def _exists(value: str) -> bool:
    try:
        return os.path.exists(os.path.expanduser(value))
    except ValueError:  # a zero byte
        return False
