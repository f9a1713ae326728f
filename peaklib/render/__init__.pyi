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
from .first_screen import (
    Fact as Fact,
    FirstScreen as FirstScreen,
    first_screen as first_screen,
)
from .formats import (
    format_metric as format_metric,
    format_span as format_span,
)
from .fragments import (
    commands as commands,
    key_values as key_values,
    note as note,
    parameters_here as parameters_here,
)
from .heatmap import (
    Panel as Panel,
    heatmap as heatmap,
    metric_step as metric_step,
)
from .page import (
    page_html as page_html,
    render_page as render_page,
)
from .parameters import (
    Parameter as Parameter,
    ParameterTable as ParameterTable,
    parameters_used as parameters_used,
)
from .scale import (
    shared_limit as shared_limit,
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
