"""Entropy of a stream of symbols: how hard its next words are to guess."""

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import DataError
from peaklib.evidence.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Sums of counts are kept as whole numbers below 2^61, so that they neither drift nor overflow.
_BITS = 61.0


def directions(values: Floats) -> Ints:
    """Symbols of the changes of a series, (n - 1,): 0 down, 1 none, 2 up."""
    return np.asarray(np.sign(np.diff(values)) + 1.0, dtype=np.int64)


def rolling_entropy(symbols: Ints, n_symbols: int, window: int, word: int) -> Floats:
    """Entropy of the words among the last `window` symbols, in bits a symbol, (n,).

    Words of `word` symbols overlap, so a window holds window - word + 1 of them. Plug-in
    (maximum likelihood) estimate: -Σ p log2 p / word with p the share of each word. It lies
    in 0 … log2(n_symbols), and too low where the possible words are many against the
    window. First value at index window - 1.

    Counts are updated, so time is linear in n, whatever the window; they are whole numbers,
    so a value depends on its own window alone.

    Args:
        symbols: (n,) each from 0 to n_symbols - 1.
        n_symbols: size of the alphabet.
        window, word: in symbols, 1 <= word <= window.

    Raises:
        DataError: an argument outside its range.

    Source: Shannon (1948), Bell System Technical Journal 27; López de Prado (2018),
    Advances in Financial Machine Learning, ch. 18.
    """
    if not (1 <= word <= window and n_symbols >= 1 and n_symbols**word <= 1_000_000):
        raise DataError(
            f"words of {word} among {n_symbols} symbols in a window of {window}: a word is no "
            "longer than the window, and at most a million are possible"
        )
    if symbols.size and not (symbols.min() >= 0 and symbols.max() < n_symbols):
        raise DataError(
            f"symbols from {symbols.min()} to {symbols.max()}: they lie in 0 … {n_symbols - 1}"
        )
    found: Floats = _entropy(symbols, n_symbols, window, word)
    return found


@compiled
def _entropy(symbols: Ints, n_symbols: int, window: int, word: int) -> Floats:
    n_words = window - word + 1
    n_codes = n_symbols**word
    most = max(n_words * np.log2(n_words), 1.0)
    scale = 2.0 ** np.floor(_BITS - np.log2(most))
    weight = np.zeros(n_words + 1, np.int64)
    for count in range(2, n_words + 1):
        weight[count] = np.int64(np.rint(count * np.log2(count) * scale))
    codes = np.zeros(symbols.size, np.int64)
    counts = np.zeros(n_codes, np.int64)
    out = np.full(symbols.size, np.nan)
    code, total = np.int64(0), np.int64(0)
    for t in range(symbols.size):
        code = (code * n_symbols + symbols[t]) % n_codes
        codes[t] = code
        if t >= window:
            gone = codes[t - n_words]
            total += weight[counts[gone] - 1] - weight[counts[gone]]
            counts[gone] -= 1
        if t >= word - 1:
            total += weight[counts[code] + 1] - weight[counts[code]]
            counts[code] += 1
        if t >= window - 1:
            # Rounding may leave a hair below 0.
            out[t] = max(np.log2(n_words) - total / scale / n_words, 0.0) / word
    return out
