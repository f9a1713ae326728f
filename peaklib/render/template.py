"""The plotly template `peak` and the colours that figures and pages share.

A figure is drawn in the colours of `LIGHT`, written as ``#rrggbb``. A page swaps each of
them for its sister of `DARK` when the reader's system is dark. Colours that mean a number
or must stay as they are (scales, text on a cell) are written ``rgb(r,g,b)``: those are
never swapped.
"""

from dataclasses import asdict, dataclass
from typing import Final

import plotly.graph_objects as go
import plotly.io as pio

NAME: Final = "peak"
FONT_FAMILY: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
FONT_SIZE: Final = 13
# Figures are laid out for this width in pixels: the inside of a card on the page.
FIGURE_WIDTH: Final = 1106

Stops = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Theme:
    """Colours by role, each ``#rrggbb``; no two roles of a theme share a colour."""

    page: str
    card: str
    ink: str
    muted: str
    rule: str
    grid: str
    shade: str
    hatch: str
    hold: str
    worse: str
    better: str


LIGHT: Final = Theme(
    page="#fbfaf7",
    card="#ffffff",
    ink="#111820",
    muted="#55606e",
    rule="#dfdfd9",
    grid="#e9e9e4",
    shade="#f5f5f1",
    hatch="#cfcfc7",
    hold="#868d98",
    worse="#a8440b",
    better="#1c5f9e",
)
DARK: Final = Theme(
    page="#14171b",
    card="#1b1f24",
    ink="#eef1f4",
    muted="#a7b0bb",
    rule="#353b43",
    grid="#2c3138",
    shade="#22272d",
    hatch="#4b525b",
    hold="#8f97a2",
    worse="#f0955c",
    better="#7cb7ea",
)

# Orange is worse, blue is better, near-white is the same.
DIVERGING: Final[Stops] = (
    (0.0, "rgb(146,62,8)"),
    (0.125, "rgb(199,108,26)"),
    (0.25, "rgb(230,156,78)"),
    (0.375, "rgb(243,203,154)"),
    (0.5, "rgb(244,243,240)"),
    (0.625, "rgb(192,215,233)"),
    (0.75, "rgb(122,178,220)"),
    (0.875, "rgb(56,128,189)"),
    (1.0, "rgb(16,74,136)"),
)
# Cividis (Nuñez, Anderton, Renslow 2018), sampled at nine points: for metrics without a zero.
SEQUENTIAL: Final[Stops] = (
    (0.0, "rgb(0,32,76)"),
    (0.125, "rgb(0,52,110)"),
    (0.25, "rgb(57,72,107)"),
    (0.375, "rgb(87,92,109)"),
    (0.5, "rgb(112,113,115)"),
    (0.625, "rgb(138,134,120)"),
    (0.75, "rgb(166,157,117)"),
    (0.875, "rgb(196,182,108)"),
    (1.0, "rgb(255,233,69)"),
)


def _axis(*, grid: bool) -> dict[str, object]:
    return {
        "showgrid": grid,
        "gridcolor": LIGHT.grid,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "automargin": False,
        "tickfont": {"size": FONT_SIZE, "color": LIGHT.ink},
        "title": {"font": {"size": FONT_SIZE, "color": LIGHT.ink}, "standoff": 8},
    }


def peak_template() -> go.layout.Template:
    """The house style: 13 px system sans, no box, a light grid on the value axis only."""
    layout = go.Layout(
        font={"family": FONT_FAMILY, "size": FONT_SIZE, "color": LIGHT.ink},
        title={
            "x": 0,
            "xref": "container",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 8, "l": 4},
            "font": {"size": 17, "color": LIGHT.ink},
            "subtitle": {"font": {"size": FONT_SIZE, "color": LIGHT.muted}},
        },
        paper_bgcolor=LIGHT.card,
        plot_bgcolor=LIGHT.card,
        colorway=[LIGHT.ink, LIGHT.hold, LIGHT.better, LIGHT.worse, LIGHT.muted],
        xaxis=_axis(grid=False),
        yaxis=_axis(grid=True),
        hoverlabel={
            "bgcolor": LIGHT.card,
            "bordercolor": LIGHT.rule,
            "font": {"family": FONT_FAMILY, "size": FONT_SIZE, "color": LIGHT.ink},
            "align": "left",
        },
        margin={"l": 64, "r": 16, "t": 24, "b": 48},
        showlegend=False,
    )
    return go.layout.Template(layout=layout)


def dark_for_light() -> dict[str, str]:
    """Each colour of `LIGHT` with the colour that replaces it on a dark page."""
    dark = asdict(DARK)
    return {colour: dark[role] for role, colour in asdict(LIGHT).items()}


def register() -> None:
    """Register the template with plotly and make it the default of new figures."""
    pio.templates[NAME] = peak_template()
    pio.templates.default = NAME


def give_title(figure: go.Figure, title: str, subtitle: str = "") -> go.Figure:
    """Put a finding above a figure, and what is drawn (unit, costs) below the finding.

    The raw words also go to the figure's metadata, from where a page takes them to print
    them as text that is readable and searchable without JavaScript.

    Args:
        figure: changed in place; its top margin and height grow.
        title: the finding; nothing happens when it is empty.
        subtitle: what is drawn, in which unit, after which costs.

    Returns:
        The same figure.
    """
    if not title:
        return figure
    space = 60 if subtitle else 36
    figure.update_layout(
        title={"text": f"<b>{plain(title)}</b>", "subtitle": {"text": plain(subtitle)}},
        margin={"t": (figure.layout.margin.t or 24) + space},
        meta={"peak": {"title": title, "subtitle": subtitle, "title_px": space}},
    )
    if figure.layout.height is not None:
        figure.update_layout(height=figure.layout.height + space)
    return figure


def plain(text: str) -> str:
    """Text as plotly shows it literally: its own little HTML is switched off."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
