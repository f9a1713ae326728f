"""The questions. Standard library only: the peer's environment reads them too."""

from typing import Final

BARS: Final = 1_000_000
FEW_BARS: Final = 100_000
# Enough to compile for, and to warm every feature up.
TINY: Final = 1_000

SEED: Final = 1
SECONDS: Final = 60
DEVIATION: Final = 0.001
SPAN: Final = 100

HORIZON: Final = 50
# Both barriers, in targets: from paths of three bars to paths that mostly see the horizon.
WIDTHS: Final = (1, 2, 5, 10)
WIDTH: Final = 5
# One target for all events, as a fraction of price: barriers that both sides can put alike.
CONSTANT: Final = 0.002

D: Final = 0.4
THRESHOLD: Final = 1e-4

LABELS: Final = 100_000
MANY_LABELS: Final = 1_000_000
DRAWN: Final = 2_000

FEATURES: Final = (
    "log_return",
    "vol_adjusted_return",
    "realised_volatility",
    "garman_klass",
    "rolling_zscore",
    "rsi",
    "atr",
    "macd",
    "bollinger",
    "moments",
    "drawdown",
    "volume_zscore",
)
