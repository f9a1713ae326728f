from .bootstrap import (
    sequential_bootstrap as sequential_bootstrap,
    sequential_probabilities as sequential_probabilities,
)
from .horizon import (
    fixed_horizon_labels as fixed_horizon_labels,
)
from .importance import (
    mean_decrease_accuracy as mean_decrease_accuracy,
    mean_decrease_impurity as mean_decrease_impurity,
    single_feature_importance as single_feature_importance,
)
from .sizing import (
    average_active as average_active,
    bet_size as bet_size,
    discretise as discretise,
    meta_bet_size as meta_bet_size,
)
from .spans import (
    Spans as Spans,
    spans_of as spans_of,
)
from .splits import (
    CombinatorialPurgedCV as CombinatorialPurgedCV,
    PurgedKFold as PurgedKFold,
    WalkForward as WalkForward,
)
from .trend import (
    trend_scanning_labels as trend_scanning_labels,
)
from .triple_barrier import (
    compute_triple_barrier_labels as compute_triple_barrier_labels,
)
from .weights import (
    average_uniqueness as average_uniqueness,
    concurrency as concurrency,
    return_attribution as return_attribution,
    time_decay as time_decay,
)
