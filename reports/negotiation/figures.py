"""The curves of the negotiation page: cost against commit, need by month, load duration."""

from collections.abc import Sequence
from fractions import Fraction

from analyzer.results.commit import MonthNeed, SizedRate, WeekUse
from analyzer.results.sizing import Candidate
from reports.figures import GREY, HAIR, INK, INK_2, PAPER, TINT, Figure, finished, plain_axis
from reports.numbers import drawn

_CENTS = 100
_DAYS_A_MONTH = Fraction(1461, 48)
_WEEK = 7
_MONEY: Figure = {
    "tickprefix": "&#36;",
    "showtickprefix": "last",
    "showexponent": "all",
    "zeroline": False,
    "nticks": 5,
}


def curve(candidates: Sequence[Candidate], chosen: Candidate) -> Figure:
    """Expected cost with its P10 to P90 against the commit; the chosen one is a ring."""
    ordered = sorted(candidates, key=lambda one: one.commit_usd)
    commits = [drawn(one.commit_usd) for one in ordered]
    lows, highs = ([_usd(v) for v in each] for each in (_p10(ordered), _p90(ordered)))
    traces = [
        _band(commits, lows, highs),
        _line(commits, [_usd(one.p50_cents) for one in ordered], "median")
        | {"line": {"color": GREY, "width": 1.5}},
        _line(commits, [_usd(one.cost.cents) for one in ordered], "expected")
        | {"line": {"color": INK, "width": 2}},
        _line([drawn(chosen.commit_usd)], [_usd(chosen.cost.cents)], "chosen")
        | {"mode": "markers"}
        | {"marker": {"color": PAPER, "size": 10, "line": {"color": INK_2, "width": 2}}},
    ]
    return finished(traces, _layout(250, {"rangemode": "tozero"} | _MONEY, _MONEY))


def fan(weeks: Sequence[WeekUse], need: Sequence[MonthNeed]) -> Figure:
    """Billed weeks as monthly paces, then the months of the term with and without levers."""
    months = [one.month.isoformat() for one in need]
    low, high = (
        [_usd(one.after_p10_cents) for one in need],
        [_usd(one.after_p90_cents) for one in need],
    )
    traces = [
        _band(months, low, high),
        _line(
            [week.first_day.isoformat() for week in weeks],
            [drawn(week.usd * _DAYS_A_MONTH / _WEEK) for week in weeks],
            "billed",
        )
        | {"line": {"color": INK, "width": 2}},
        _line(months, [_usd(one.before_p50_cents) for one in need], "without levers")
        | {"line": {"color": GREY, "width": 2, "dash": "dot"}},
        _line(months, [_usd(one.after_p50_cents) for one in need], "after levers")
        | {"line": {"color": INK, "width": 2, "dash": "dash"}},
    ]
    return finished(
        traces, _layout(280, {"type": "date", "nticks": 6}, _MONEY | {"rangemode": "tozero"})
    )


def load(rate: SizedRate) -> Figure:
    """Load of the intervals, busiest first, over the block that is reserved."""
    points = sorted(((1 - share, use) for share, use in rate.duration), key=lambda pair: pair[0])
    points.append((Fraction(1), points[-1][1]))
    shares = [drawn(share * 100) for share, _ in points]
    traces = [
        _line([0.0, 100.0], [drawn(rate.rate)] * 2, "reserved")
        | {"fill": "tozeroy", "fillcolor": TINT, "line": {"color": GREY, "width": 1.2}},
        _line(shares, [drawn(use) for _, use in points], "load")
        | {"line": {"color": INK, "width": 2, "shape": "hv"}},
    ]
    percent = {"ticksuffix": " %", "range": [0, 100], "nticks": 6}
    return finished(traces, _layout(260, percent, _MONEY | {"rangemode": "tozero"}))


def _layout(height: int, across: Figure, up: Figure) -> Figure:
    return {
        "height": height,
        "margin": {"b": 34, "l": 64, "r": 14, "t": 12},
        "xaxis": plain_axis() | {"showgrid": False} | across,
        "yaxis": plain_axis() | {"gridcolor": HAIR} | up,
    }


def _band(across: Sequence[object], low: Sequence[float], high: Sequence[float]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "P10 to P90",
        "hoverinfo": "skip",
        "fill": "toself",
        "fillcolor": TINT,
        "line": {"color": TINT, "width": 0},
        "x": [*across, *reversed(across)],
        "y": [*low, *reversed(high)],
    }


def _line(across: Sequence[object], up: Sequence[float], name: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(across),
        "y": list(up),
        "hovertemplate": f"%{{x}}: {name} &#36;%{{y:,.2f}}<extra></extra>",
    }


def _p10(told: Sequence[Candidate]) -> list[int]:
    return [one.p10_cents for one in told]


def _p90(told: Sequence[Candidate]) -> list[int]:
    return [one.p90_cents for one in told]


def _usd(cents: int) -> float:
    return drawn(Fraction(cents, _CENTS))
