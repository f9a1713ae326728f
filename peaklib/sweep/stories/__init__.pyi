from .closing import (
    Answer as Answer,
    Findings as Findings,
    answers_of as answers_of,
    closing_of as closing_of,
)
from .contests import (
    Contests as Contests,
    contests_of as contests_of,
    contests_table as contests_table,
    contests_words as contests_words,
)
from .examined import (
    Examined as Examined,
    clusters_table as clusters_table,
    effort_rows as effort_rows,
    examine as examine,
    luck_dials as luck_dials,
)
from .grounds import (
    Ground as Ground,
    ground_of as ground_of,
    grounds_of as grounds_of,
)
from .maps import (
    check_asked as check_asked,
    map_ends as map_ends,
    map_of as map_of,
    maps_words as maps_words,
    plateau_of as plateau_of,
    with_axes as with_axes,
)
from .paths import (
    drawdown_figure as drawdown_figure,
    drawn_again as drawn_again,
    fan_figure as fan_figure,
    observed_drawdown as observed_drawdown,
    paths_table as paths_table,
    shuffled as shuffled,
)
from .peaks import (
    peaks_table as peaks_table,
    peaks_words as peaks_words,
)
from .sharpes import (
    Bootstrap as Bootstrap,
    difference_of as difference_of,
    difference_table as difference_table,
    interval_of as interval_of,
    metrics_table as metrics_table,
    sharpe_bars as sharpe_bars,
    sharpe_table as sharpe_table,
)
from .stress import (
    Stress as Stress,
    break_even_words as break_even_words,
    costs_line as costs_line,
    delays_table as delays_table,
    starts_line as starts_line,
    stress_of as stress_of,
)
from .target import (
    Target as Target,
    target_of as target_of,
)
from .walks import (
    Walks as Walks,
    walks_figure as walks_figure,
    walks_of as walks_of,
    walks_rows as walks_rows,
    walks_words as walks_words,
)
from .windows import (
    best_figure as best_figure,
    ranks_figure as ranks_figure,
    windows_of as windows_of,
    windows_table as windows_table,
    windows_words as windows_words,
)
