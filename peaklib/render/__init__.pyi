from .attached import (
    Attachment as Attachment,
    attachment as attachment,
)
from .attribution import (
    effect_bars as effect_bars,
    risk_against_weight as risk_against_weight,
)
from .bands import (
    Period as Period,
    split as split,
)
from .correlation import (
    correlation_matrix as correlation_matrix,
    draw_correlations as draw_correlations,
    rank_correlations as rank_correlations,
)
from .curves import (
    equity_and_drawdown as equity_and_drawdown,
)
from .distribution import (
    histogram as histogram,
)
from .exceptions import (
    exceptions_chart as exceptions_chart,
)
from .fan import (
    fan_chart as fan_chart,
)
from .first_screen import (
    Fact as Fact,
    FirstScreen as FirstScreen,
    first_screen as first_screen,
)
from .formats import (
    format_metric as format_metric,
    format_range as format_range,
    format_span as format_span,
)
from .fragments import (
    commands as commands,
    key_values as key_values,
    note as note,
    parameters_here as parameters_here,
)
from .gauges import (
    Dial as Dial,
    Dials as Dials,
    dials as dials,
)
from .glossary import (
    Definition as Definition,
    Definitions as Definitions,
    definitions as definitions,
)
from .heatmap import (
    heatmap as heatmap,
    metric_step as metric_step,
)
from .intervals import (
    IntervalRow as IntervalRow,
    Intervals as Intervals,
    interval_bars as interval_bars,
)
from .lines import (
    Line as Line,
    line_chart as line_chart,
)
from .marks import (
    Mark as Mark,
)
from .one_axis import (
    metric_line as metric_line,
)
from .page import (
    page_html as page_html,
    render_page as render_page,
)
from .panels import (
    Panel as Panel,
)
from .parameters import (
    Parameter as Parameter,
    ParameterTable as ParameterTable,
    parameters_used as parameters_used,
)
from .prose import (
    Fault as Fault,
    Passage as Passage,
    Prose as Prose,
    prose as prose,
)
from .scale import (
    shared_limit as shared_limit,
)
from .scatter import (
    scatter_is_oos as scatter_is_oos,
)
from .stress import (
    stress_bars as stress_bars,
)
from .tables import (
    Table as Table,
    table as table,
)
from .template import (
    DARK as DARK,
    LIGHT as LIGHT,
    give_title as give_title,
    register as register,
)
from .verdict import (
    Verdict as Verdict,
)
from .walkforward import (
    Selection as Selection,
    walk_forward_figure as walk_forward_figure,
)
from .weights import (
    weights_over_time as weights_over_time,
)
