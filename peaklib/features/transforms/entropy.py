"""Entropy of the directions of recent returns."""

from typing import Annotated

import numpy as np

from peaklib.features import information
from peaklib.features.feature import Floats, feature
from peaklib.features.parameters import Param


@feature("entropy", version="1", warm_up=lambda window, **_: window)
def entropy(
    close: Floats,
    *,
    window: Annotated[int, Param(10, 5000, "bars", "returns that words are counted in")] = 100,
    word: Annotated[int, Param(1, 8, "bars", "returns in a word")] = 2,
) -> Floats:
    """Entropy of the directions of recent returns, 0 … 1.585 bits a return.

    Each return is down, flat or up; the shares of the words of `word` returns among the
    last `window` give the plug-in (maximum likelihood) entropy, divided by the length of a
    word. 0 where all words are alike, as for a constant price. It is biased downwards where
    3^word is not small against the window.

    Source: Shannon (1948), Bell System Technical Journal 27; López de Prado (2018),
    Advances in Financial Machine Learning, ch. 18.
    """
    out = np.full(close.size, np.nan)
    out[1:] = information.rolling_entropy(information.directions(close), 3, window, word)
    return out
