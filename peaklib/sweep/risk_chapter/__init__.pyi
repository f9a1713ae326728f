from .account import (
    Account as Account,
    account_of as account_of,
)
from .forecasts import (
    Forecasts as Forecasts,
    beside as beside,
    coverage_table as coverage_table,
    fitting_window as fitting_window,
    forecasts_of as forecasts_of,
    models_table as models_table,
)
from .links import (
    chapter_table as chapter_table,
)
from .looked_at import (
    LookedAt as LookedAt,
    looked_at as looked_at,
)
from .make import (
    NOTEBOOK as NOTEBOOK,
    Chapter as Chapter,
    chapter_of as chapter_of,
    make_chapter as make_chapter,
)
from .measures import (
    by_measure as by_measure,
    measures_table as measures_table,
    refusals as refusals,
)
from .settings import (
    check_settings as check_settings,
)
from .sources import (
    alpha_words as alpha_words,
    factors_table as factors_table,
    falls_of as falls_of,
    falls_table as falls_table,
    market_regression as market_regression,
    parts_table as parts_table,
)
from .stress import (
    shown_stress as shown_stress,
    stressed as stressed,
)
from .words import (
    Judged as Judged,
    gates_of as gates_of,
    headline_of as headline_of,
    sentences_of as sentences_of,
    verdict_of as verdict_of,
)
