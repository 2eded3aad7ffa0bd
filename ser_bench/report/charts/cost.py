"""What a model costs against what it is worth: UAR over the time of a fit."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ser_bench.report.scores import BASELINES, chance_levels, ranking_split, shortfalls
from ser_bench.report.style import ALARM, FAINT, INK, new_sheet, split_colour, styled, text_width, wrap
from ser_bench.report.summary import summarise
from ser_bench.report.words import percent
from ser_bench.results import SavedRun

_LABEL, _LINE, _DOT = 8.5, 0.145, 0.06


@styled
def cost(run: SavedRun) -> Figure:
    """Draw UAR over the mean time of a fit, a named point per model that finished."""
    split = ranking_split(run.info["splits"])
    table = summarise(run)
    shown = table.dropna(subset=[f"{split}_uar", "fit_seconds"])
    notes = shortfalls(run)
    left_out = [f"{m} ({notes[m, split]})" for m in table["model"] if notes[m, split]]
    missing = wrap(f"Not shown: {', '.join(left_out)}" if left_out else "", 8.5, 8)
    sheet = new_sheet(
        run, f"UAR under the {split} split against fit time", body=4.6 + 0.17 * len(missing), splits=[split]
    )
    bottom = 0.5 + 0.17 * len(missing)
    size = (sheet.width - 0.85, sheet.body - bottom - 0.15)
    ax = sheet.axes(0.65, bottom, *size)
    _axes(ax, shown, split, size)
    level = 100 * chance_levels(run)["uar"]
    ax.axhline(level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    ax.text(
        0.995,
        level + 0.7,
        f"chance {percent(level / 100)} %",
        transform=ax.get_yaxis_transform(),
        ha="right",
        size=8,
    )
    _points(ax, shown, split, size, level)
    for index, line in enumerate(missing):
        sheet.text(0.15, 0.06 + 0.17 * (len(missing) - 1 - index), line, size=8, color=ALARM)
    return sheet.figure


def _axes(ax: Axes, shown: pd.DataFrame, split: str, size: tuple[float, float]) -> None:
    """Scale both axes so that points keep room for their names; times in words, by decades."""
    times = shown["fit_seconds"].clip(lower=1e-4)
    low, high = (times.min() / 2.5, times.max() * 4) if len(shown) else (0.01, 10)
    ax.set_xscale("log")
    ax.set_xlim(low, max(high, low * 100))
    ax.set_ylim(0, max(20.0, 100 * shown[f"{split}_uar"].max() + 8) if len(shown) else 100)
    ax.xaxis.set_major_locator(LogLocator(10))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{1000 * x:g} ms" if x < 0.99 else f"{x:g} s"))
    ax.set_xlabel("mean time of one fit, one thread (log scale)")
    ax.set_ylabel("UAR (%)")
    ax.grid()


def _points(ax: Axes, shown: pd.DataFrame, split: str, size: tuple[float, float], level: float) -> None:
    """Draw the points and write each name at the first free place around its own."""
    to_inches = ax.transData + ax.figure.dpi_scale_trans.inverted()
    origin = to_inches.inverted().transform
    colours = [FAINT if model in BASELINES else split_colour(split) for model in shown["model"]]
    data = list(zip(shown["fit_seconds"].clip(lower=1e-4), 100 * shown[f"{split}_uar"], strict=True))
    if not data:
        return
    ax.scatter(
        [x for x, _ in data],
        [y for _, y in data],
        s=42,
        c=colours,
        edgecolors="white",
        linewidths=0.8,
        zorder=3,
    )
    spots = [tuple(map(float, to_inches.transform(point))) for point in data]
    taken = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in spots]
    left, floor = (float(v) for v in to_inches.transform((ax.get_xlim()[0], 0)))
    edge, line = left + size[0], float(to_inches.transform((1, level))[1])
    taken += [(left, line - 0.01, edge, line + 0.01), (edge - 1.1, line, edge, line + 0.2)]  # the chance line
    for name, spot, colour in zip(shown["model"], spots, colours, strict=True):
        box = _free_box(name, spot, taken, (left, floor, edge, floor + size[1]))
        taken.append(box)
        if max(abs(box[0] - spot[0]), abs(box[1] - spot[1]), abs(box[2] - spot[0])) > 0.35 + box[2] - box[0]:
            end = origin(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
            ax.plot(*zip(origin(spot), end, strict=True), color=FAINT, linewidth=0.6, zorder=1)
        x, y = origin((box[0], box[1] + 0.03))
        ax.text(x, y, name, size=_LABEL, color=INK if colour != FAINT else FAINT)


Box = tuple[float, float, float, float]


def _free_box(name: str, spot: tuple[float, ...], taken: list[Box], frame: Box) -> Box:
    """Return the first candidate inside the frame that overlaps nothing, else the nearest one."""
    width = text_width(name, _LABEL)
    candidates = list(_candidates(spot, width))
    for box in candidates:
        inside = box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
        if inside and not any(_overlap(box, other) for other in taken):
            return box
    return candidates[0]


def _candidates(spot: tuple[float, ...], width: float) -> Iterator[Box]:
    """Yield places for a name: right, left, above, below, then the same further away."""
    x, y = spot
    for ring in range(8):
        far = 0.1 + 0.11 * ring
        half = _LINE / 2
        corners = [(x + 0.1, y - half), (x - 0.1 - width, y - half)] if ring == 0 else []
        for up in (y + far - 0.02, y - far - _LINE + 0.02):
            corners += [(x - width / 2, up), (x + 0.06, up), (x - 0.06 - width, up)]
        for left, bottom in corners:
            yield left, bottom, left + width, bottom + _LINE


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
