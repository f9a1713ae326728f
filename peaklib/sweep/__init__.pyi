from .analysis import (
    best_of as best_of,
    cite as cite,
    data_sets as data_sets,
    data_table as data_table,
    flat_opens as flat_opens,
    ranking as ranking,
    replay as replay,
    searched as searched,
    summary as summary,
)
from .cell import (
    CellData as CellData,
    evaluate_cell as evaluate_cell,
)
from .config import (
    SweepConfig as SweepConfig,
    load_config as load_config,
)
from .execute import (
    CellResult as CellResult,
    Progress as Progress,
    estimate_seconds as estimate_seconds,
)
from .figures import (
    Extras as Extras,
    correlations as correlations,
    heatmap_of as heatmap_of,
    limits_of as limits_of,
    slice_rows as slice_rows,
    with_drawdown as with_drawdown,
)
from .intervals import (
    cell_intervals as cell_intervals,
)
from .plan import (
    Cell as Cell,
    Plan as Plan,
    make_plan as make_plan,
)
from .report import (
    ReportFiles as ReportFiles,
    make_report as make_report,
    models_of as models_of,
    provenance_of as provenance_of,
    publish_page as publish_page,
)
from .reporting import (
    Reported as Reported,
    report_sweep as report_sweep,
)
from .results import (
    SweepResults as SweepResults,
    preview as preview,
    read_results as read_results,
)
from .session import (
    SweepRun as SweepRun,
    latest_sweep as latest_sweep,
    run_sweep as run_sweep,
)
from .single import (
    make_job as make_job,
    run_alone as run_alone,
)
