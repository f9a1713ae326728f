from .accounts import (
    divided as divided,
)
from .made import (
    Choice as Choice,
    Portfolio as Portfolio,
    build as build,
    choose as choose,
    split_of as split_of,
)
from .rules import (
    Rules as Rules,
)
from .selection import (
    Candidate as Candidate,
)
from .shown import (
    cite_portfolio as cite_portfolio,
    looks_behind as looks_behind,
    portfolio_figure as portfolio_figure,
)
from .tables import (
    beside_hold as beside_hold,
    candidates_table as candidates_table,
    correlations_table as correlations_table,
    judged_table as judged_table,
    members_table as members_table,
    returns_table as returns_table,
)
from .words import (
    gates_of as gates_of,
    headline_of as headline_of,
    sentences_of as sentences_of,
    verdict_of as verdict_of,
)
