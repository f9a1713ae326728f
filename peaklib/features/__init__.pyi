from .averages import (
    ema as ema,
    sma as sma,
    wilder as wilder,
)
from .bars import (
    Bars as Bars,
)
from .cache import (
    FeatureCache as FeatureCache,
)
from .catalog import (
    get as get,
    installed as installed,
)
from .channels import (
    bollinger_z as bollinger_z,
    highest_before as highest_before,
    lowest_before as lowest_before,
    rolling_deviation as rolling_deviation,
)
from .events import (
    cusum_events as cusum_events,
    event_times as event_times,
)
from .feature import (
    Feature as Feature,
    feature as feature,
)
from .fracdiff import (
    fractional_difference as fractional_difference,
    fractional_weights as fractional_weights,
    stationarity_by_d as stationarity_by_d,
)
from .oscillators import (
    macd_line as macd_line,
    macd_signal as macd_signal,
    rate_of_change as rate_of_change,
    rsi as rsi,
)
from .parameters import (
    Choice as Choice,
    Param as Param,
)
from .pipeline import (
    FeaturePipeline as FeaturePipeline,
)
from .registry import (
    FeatureRegistry as FeatureRegistry,
)
from .spec import (
    FeatureSpec as FeatureSpec,
)
from .volatility import (
    ewm_volatility as ewm_volatility,
    realised_volatility as realised_volatility,
    trailing_rank as trailing_rank,
    volatility_rank as volatility_rank,
)
