from .answers import (
    OPS_SCHEMA as OPS_SCHEMA,
    PLAN_SCHEMA as PLAN_SCHEMA,
)
from .baseline import (
    Baseline as Baseline,
    Change as Change,
    Comparison as Comparison,
    baseline_of_run as baseline_of_run,
    compare as compare,
    read_baseline as read_baseline,
)
from .case import (
    Case as Case,
)
from .kept import (
    Kept as Kept,
)
from .measure import (
    measure as measure,
)
from .plan import (
    SOURCES as SOURCES,
    EvalPlan as EvalPlan,
    plan_eval as plan_eval,
)
from .results import (
    read_eval as read_eval,
)
from .scoring import (
    Failure as Failure,
    Scored as Scored,
    check_answer as check_answer,
    score as score,
)
from .suite import (
    Suite as Suite,
    load_suite as load_suite,
    read_cases as read_cases,
)
from .summary import (
    Summary as Summary,
)
from .thresholds import (
    Thresholds as Thresholds,
    load_thresholds as load_thresholds,
    read_thresholds as read_thresholds,
)
from .verifying import (
    Examined as Examined,
    examine as examine,
    with_entries as with_entries,
)
