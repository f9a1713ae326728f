from .after import (
    ALL as ALL,
    forward_returns as forward_returns,
    outcomes as outcomes,
)
from .assets import (
    compare_assets as compare_assets,
    correlations as correlations,
    rates as rates,
)
from .citable import (
    facts as facts,
)
from .falls import (
    DrawdownState as DrawdownState,
    drawdown_episodes as drawdown_episodes,
    drawdown_state as drawdown_state,
    drawdowns as drawdowns,
)
from .findings import (
    Findings as Findings,
)
from .participation import (
    BreadthState as BreadthState,
    breadth as breadth,
    breadth_state as breadth_state,
)
from .regime import (
    REGIMES as REGIMES,
    RegimeNow as RegimeNow,
    agreement as agreement,
    regime_history as regime_history,
    regime_now as regime_now,
    regimes as regimes,
    spells as spells,
)
from .resampled import (
    chance_of_largest as chance_of_largest,
)
from .variability import (
    VolatilityState as VolatilityState,
    volatility as volatility,
    volatility_state as volatility_state,
)
from .words import (
    breadth_words as breadth_words,
    drawdown_words as drawdown_words,
    outcome_words as outcome_words,
    regime_words as regime_words,
    volatility_words as volatility_words,
)
