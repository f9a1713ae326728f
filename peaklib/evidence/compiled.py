"""Compiling with a cache on disk that notices a change in any compiled function.

numba looks at the file of the function that it has cached, not at the files of the
functions which that one calls: after an edit in one file, an old kernel of another would
go on computing with the old code. Here the cache lies in a folder named by a digest of
all files of peaklib that hold compiled code.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_settings: Any = numba.config
_PACKAGE = Path(__file__).parents[1]
_MARK = b"@compiled"


def compiled(function: Function) -> Function:
    """`numba.njit` without the interpreter's lock, cached by the digest of all compiled code."""
    before = _settings.CACHE_DIR
    _settings.CACHE_DIR = str(_folder())
    try:
        return cast("Function", numba.njit(cache=True, nogil=True)(function))
    finally:
        _settings.CACHE_DIR = before


@cache
def _folder() -> Path:
    """Beside the bytecode, or where `NUMBA_CACHE_DIR` points to."""
    named = _settings.CACHE_DIR
    root = Path(named) if named else _PACKAGE / "__pycache__"
    return root / f"compiled-{_digest()}"


def _digest() -> str:
    total = sha256(numba.__version__.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if _MARK in source:
            total.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + source + b"\0")
    return total.hexdigest()[:16]
