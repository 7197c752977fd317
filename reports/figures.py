"""Plotly figures as plain data, drawn in the light palette; the page maps colours to its tokens.

Labels come printed from `numbers`: a tooltip holds no fact that the table beside it lacks.
"""

import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from analyzer.results import Day, ServingLine
from reports.numbers import NO_BREAK, PICO_PER_USD, Amount, count, drawn, seconds

INK, INK_2, INK_3, GREY, TINT = "#15191e", "#474e57", "#646b75", "#848d94", "#dfe2e5"
HAIR, PAPER = "#e6e8ea", "#ffffff"
LABEL = {"color": INK_2, "size": 12}
FEW_POINTS = 3
"""Below this a line is too short to be seen: its points are marked."""

Figure = dict[str, Any]


def daily(
    days: Sequence[Day], printed: Sequence[tuple[Amount, Amount, Amount]], *, with_after: bool
) -> Figure:
    """Billed as a line, the replay as rings on it, the bill after the levers as a black line."""
    mode = "lines" if len(days) > FEW_POINTS else "lines+markers"
    billed, replayed, after = zip(*printed, strict=True)
    ring = {"color": PAPER, "size": 8, "line": {"color": INK_2, "width": 1.5}}
    traces = [
        _dated(days, [day.billed for day in days], billed, "billed")
        | {"mode": mode, "line": {"color": GREY, "width": 2}, "marker": {"color": GREY}},
        _dated(days, [day.observed for day in days], replayed, "replayed")
        | {"mode": "markers", "marker": ring},
    ]
    if with_after:
        traces.append(
            _dated(days, [day.after for day in days], after, "after the levers")
            | {"mode": mode, "line": {"color": INK, "width": 2}, "marker": {"color": INK}}
        )
    layout = {
        "height": 260,
        "margin": {"b": 30, "l": 56, "r": 14, "t": 12},
        "xaxis": plain_axis() | {"showgrid": False, "nticks": 6} | _days_apart(days),
        "yaxis": plain_axis()
        | {"gridcolor": HAIR, "rangemode": "tozero", "nticks": 5}
        | {
            "tickprefix": "&#36;",
            "showtickprefix": "last",
            "showexponent": "all",
            "zeroline": False,
        },
    }
    return finished(traces, layout)


def waits(line: ServingLine) -> Figure:
    """Share of calls by wait: before filled, after outlined, medians marked."""
    edges = bin_names(line)
    traces = [
        _steps(line.histogram_before, edges, "before")
        | {"fill": "tozeroy", "fillcolor": TINT, "line": _outline(GREY, 1.2)},
        _steps(line.histogram_after, edges, "after") | {"line": _outline(INK, 1.8)},
    ]
    before, after = (
        _place(wait, line.histogram_edges_ms) for wait in (line.p50_before_ms, line.p50_after_ms)
    )
    layout = {
        "height": 190,
        "margin": {"b": 26, "l": 12, "r": 14, "t": 22},
        "xaxis": plain_axis()
        | {"showgrid": False}
        | _edge_ticks(line.histogram_edges_ms, len(line.histogram_before)),
        "yaxis": {"visible": False, "fixedrange": True, "rangemode": "tozero"},
        "shapes": [_median(before, GREY, "dot"), _median(after, INK, "solid")],
        "annotations": [
            _median_label(
                before, line.p50_before_ms, INK_3, "left" if before >= after else "right"
            ),
            _median_label(after, line.p50_after_ms, INK, "right" if before >= after else "left"),
        ],
    }
    return finished(traces, layout)


def finished(traces: list[Figure], layout: Figure) -> Figure:
    """Give traces and layout as data, without the library's theme."""
    import plotly.graph_objects as go

    figure = go.Figure(data=traces, layout=layout)
    figure.layout.template = None  # the default one adds 7 kB to each figure
    data: Figure = json.loads(figure.to_json())
    return data


def plain_axis() -> Figure:
    """Give an axis that cannot be dragged, in ink."""
    return {"fixedrange": True, "tickfont": LABEL, "linecolor": INK_3, "tickcolor": INK_3} | {
        "ticks": "outside",
        "ticklen": 4,
        "showline": True,
        "linewidth": 1,
    }


def _days_apart(days: Sequence[Day]) -> Figure:
    """A single day gets its own tick: left alone, the library would label its hours.

    Where days are left out each takes one place, or decades would squeeze the rest to a line.
    """
    if not _in_a_row(days):
        return {"type": "category"}
    ticks: Figure = {"type": "date", "tickformat": "%-d %b"}
    if len(days) > FEW_POINTS:
        return ticks
    return ticks | {"tickvals": [day.day for day in days]}


def _in_a_row(days: Sequence[Day]) -> bool:
    dates = [date.fromisoformat(day.day) for day in days]
    return (dates[-1] - dates[0]).days == len(dates) - 1


def _dated(
    days: Sequence[Day], values: Sequence[Fraction], printed: Sequence[Amount], name: str
) -> Figure:
    form = "|%-d %b" if _in_a_row(days) else ""
    return {
        "type": "scatter",
        "name": name,
        "x": [day.day for day in days],
        "y": [drawn(value / PICO_PER_USD) for value in values],
        "text": [one.text.replace("$", "&#36;") for one in printed],  # a bare $ may start LaTeX
        "hovertemplate": f"%{{x{form}}}: {name} %{{text}}<extra></extra>",
    }


def bin_names(line: ServingLine) -> list[str]:
    """The waits of each bin, in words."""
    edges = line.histogram_edges_ms
    highs = [*edges[1:], None]
    names = [
        f"{seconds(low)} to {seconds(high)}" if high is not None else f"{seconds(low)} or more"
        for low, high in zip(edges, highs, strict=True)
    ]
    return names[: len(line.histogram_before)]


def _steps(calls: Sequence[int], edges: list[str], name: str) -> Figure:
    """A step line over bin numbers, so that bins of any width read alike."""
    whole = sum(calls) or 1
    shares = [drawn(Fraction(number, whole)) for number in calls]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(range(len(calls) + 1)),
        "y": [*shares, shares[-1]] if shares else [],
        "text": [f"{edge}, {name}: {count(n)} calls" for edge, n in zip(edges, calls, strict=False)]
        + [""],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _outline(colour: str, width: float) -> Figure:
    return {"color": colour, "shape": "hv", "width": width}


def _place(wait_ms: int, edges: Sequence[int]) -> float:
    """Where a wait lies among the bins, in bins from the left."""
    for index, (low, high) in enumerate(pairwise(edges)):
        if low <= wait_ms < high:
            return drawn(index + Fraction(wait_ms - low, high - low))
    return 0.0 if not edges or wait_ms < edges[0] else float(len(edges) - 1)


def _edge_ticks(edges: Sequence[int], bins: int) -> Figure:
    last = len(edges) - 1
    places = sorted({round(last * third / 3) for third in range(4)}) if last > 0 else [0]
    labels = [
        seconds(edges[place]).replace(NO_BREAK, " ") for place in places if place < len(edges)
    ]
    return {"tickvals": places[: len(labels)], "ticktext": labels, "range": [-0.3, bins + 0.3]}


def _median(place: float, colour: str, dash: str) -> Figure:
    line = {"color": colour, "width": 1.2, "dash": dash}
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": line,
    }


def _median_label(place: float, wait_ms: int, colour: str, side: str) -> Figure:
    return {
        "text": seconds(wait_ms),
        "x": place,
        "xanchor": side,
        "xshift": 3 if side == "left" else -3,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": colour, "size": 12},
    }
