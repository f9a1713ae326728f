"""Frames and numbers as figures, tables and pages. Importing it registers the plotly template.

This room knows nothing of strategies, sweeps or runs.
"""

from peaklib.render.bands import Period, split
from peaklib.render.correlation import correlation_matrix, rank_correlations
from peaklib.render.curves import equity_and_drawdown
from peaklib.render.first_screen import Fact, FirstScreen, first_screen
from peaklib.render.formats import format_metric, format_span
from peaklib.render.fragments import commands, key_values, note, parameters_here
from peaklib.render.heatmap import Panel, heatmap, metric_step
from peaklib.render.page import page_html, render_page
from peaklib.render.parameters import Parameter, ParameterTable, parameters_used
from peaklib.render.scale import shared_limit
from peaklib.render.tables import Table, table
from peaklib.render.template import DARK, LIGHT, give_title, register
from peaklib.render.verdict import Verdict

__all__ = [
    "DARK",
    "LIGHT",
    "Fact",
    "FirstScreen",
    "Panel",
    "Parameter",
    "ParameterTable",
    "Period",
    "Table",
    "Verdict",
    "commands",
    "correlation_matrix",
    "equity_and_drawdown",
    "first_screen",
    "format_metric",
    "format_span",
    "give_title",
    "heatmap",
    "key_values",
    "metric_step",
    "note",
    "page_html",
    "parameters_here",
    "parameters_used",
    "rank_correlations",
    "register",
    "render_page",
    "shared_limit",
    "split",
    "table",
]

register()
