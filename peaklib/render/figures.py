"""A plotly output of a notebook as HTML: words as text, the drawing as JSON for the page."""

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from peaklib.render.html import escape

MIMETYPE: Final = "application/vnd.plotly.v1+json"
_SHARED: Final = "$array"
_LONG: Final = 100
CSS_CLASS: Final = "peak-figure"


def figure_html(output: Mapping[str, Any]) -> str:
    """A figure with its finding above it, drawn by the page's script.

    The same output gives the same bytes: keys are sorted, and nothing is random.

    Args:
        output: content of a plotly mimetype output (`data`, `layout`).
    """
    layout = copy.deepcopy(dict(output.get("layout", {})))
    title, subtitle = _take_title(layout)
    payload = _share_arrays({"data": output.get("data", []), "layout": layout})
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    caption = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    height = layout.get("height") or 450
    return (
        f'<figure class="peak-card">{heading}{caption}'
        f'<div class="{CSS_CLASS}" role="img" aria-label="{escape(title or "figure")}" '
        f'style="height:{height}px"></div>'
        f'<script type="application/json" class="peak-payload">{script_json(payload)}</script>'
        "<noscript><p class=peak-note>This figure is drawn by JavaScript, which is switched "
        "off; the tables hold the numbers.</p></noscript></figure>"
    )


def _share_arrays(figure: dict[str, Any]) -> dict[str, Any]:
    """Write a long list that several traces share (dates, above all) only once."""
    shared: dict[str, int] = {}
    arrays: list[Any] = []

    def slim(value: Any) -> Any:
        if not isinstance(value, list) or len(value) < _LONG:
            return value
        key = json.dumps(value)
        if key not in shared:
            shared[key] = len(arrays)
            arrays.append(value)
        return {_SHARED: shared[key]}

    traces = [{key: slim(value) for key, value in trace.items()} for trace in figure["data"]]
    return {"data": traces, "layout": figure["layout"], "arrays": arrays}


def script_json(value: object) -> str:
    """JSON that is safe inside a `<script>` element."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _take_title(layout: dict[str, Any]) -> tuple[str, str]:
    """Remove title and subtitle that `give_title` set, with the room that it made for them."""
    ours = (layout.get("meta") or {}).get("peak") if isinstance(layout.get("meta"), dict) else None
    if not ours:
        return "", ""
    space = ours["title_px"]
    layout.pop("title", None)
    layout["margin"] = {**layout["margin"], "t": layout["margin"]["t"] - space}
    if layout.get("height"):
        layout["height"] -= space
    return ours["title"], ours["subtitle"]
