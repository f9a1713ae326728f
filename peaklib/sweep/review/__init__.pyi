from .examination import (
    Review as Review,
    review as review,
)
from .facts import (
    choices_table as choices_table,
    facts_links as facts_links,
    facts_table as facts_table,
    sensitivity_table as sensitivity_table,
)
from .glossary import (
    definitions_of as definitions_of,
)
from .pictures import (
    costs_figure as costs_figure,
    dials_of as dials_of,
    evidence_figure as evidence_figure,
    logits_figure as logits_figure,
    overfitting_figure as overfitting_figure,
    stability_figure as stability_figure,
    stability_of as stability_of,
    walked_figure as walked_figure,
)
from .subject import (
    peers_of as peers_of,
    subject_of as subject_of,
)
from .tearsheet import (
    tear_sheet as tear_sheet,
)
from .words import (
    edge_of as edge_of,
    gates_of as gates_of,
    gates_title as gates_title,
    headline_of as headline_of,
    sentences_of as sentences_of,
    verdict_of as verdict_of,
)
