from .bootstrap.cells import (
    grid_intervals as grid_intervals,
)
from .bootstrap.intervals import (
    Interval as Interval,
    bootstrap_metric as bootstrap_metric,
    interval as interval,
    paired_interval as paired_interval,
)
from .bootstrap.paths import (
    MonteCarlo as MonteCarlo,
    bootstrap_paths as bootstrap_paths,
    shuffle_trades as shuffle_trades,
)
from .bootstrap.resampling import (
    optimal_block_length as optimal_block_length,
)
from .search.clusters import (
    Clusters as Clusters,
    EffectiveTrials as EffectiveTrials,
    cluster_sharpes as cluster_sharpes,
    cluster_trials as cluster_trials,
    effective_trials as effective_trials,
)
from .search.max_sharpe import (
    MaxSharpe as MaxSharpe,
    max_sharpe_test as max_sharpe_test,
)
from .search.superiority import (
    model_confidence_set as model_confidence_set,
    reality_check as reality_check,
    superior_predictive_ability as superior_predictive_ability,
)
from .selection.moments import (
    sharpe_of_moments as sharpe_of_moments,
    window_moments as window_moments,
    window_sharpes as window_sharpes,
)
from .selection.overfitting import (
    Pbo as Pbo,
    pbo as pbo,
)
from .selection.plateaus import (
    Plateau as Plateau,
    plateau as plateau,
    plateau_scores as plateau_scores,
)
from .selection.rolling import (
    Stability as Stability,
    rolling_stability as rolling_stability,
)
from .selection.sensitivity import (
    Trial as Trial,
    break_even_cost as break_even_cost,
    cost_sensitivity as cost_sensitivity,
    delay_sensitivity as delay_sensitivity,
    start_sensitivity as start_sensitivity,
)
from .selection.walking import (
    Candidate as Candidate,
    Evaluated as Evaluated,
    WalkForward as WalkForward,
    choose as choose,
    follow as follow,
    walk_forward as walk_forward,
)
from .selection.windows import (
    calendar_windows as calendar_windows,
    equal_blocks as equal_blocks,
)
from .sharpe.deflation import (
    Deflated as Deflated,
    Haircut as Haircut,
    deflated_sharpe as deflated_sharpe,
    deflated_sharpe_of as deflated_sharpe_of,
    expected_maximum_sharpe as expected_maximum_sharpe,
    haircut_sharpe as haircut_sharpe,
    minimum_backtest_length as minimum_backtest_length,
)
from .sharpe.difference import (
    JobsonKorkie as JobsonKorkie,
    LedoitWolf as LedoitWolf,
    jobson_korkie as jobson_korkie,
    ledoit_wolf as ledoit_wolf,
)
from .sharpe.inference import (
    annualised_sharpe as annualised_sharpe,
    minimum_track_record_length as minimum_track_record_length,
    probabilistic_sharpe as probabilistic_sharpe,
    sharpe_error as sharpe_error,
)
from .verdict.assessment import (
    Assessment as Assessment,
    Search as Search,
    Selected as Selected,
    assess as assess,
)
from .verdict.gates import (
    Gate as Gate,
    HoldoutLook as HoldoutLook,
    Judgement as Judgement,
    judge as judge,
)
from .verdict.subject import (
    Subject as Subject,
)
from .verdict.thresholds import (
    Thresholds as Thresholds,
    load_thresholds as load_thresholds,
)
