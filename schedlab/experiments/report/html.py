"""The parts of a page: tables, facts and figures, of texts that are escaped here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from schedlab.plots import svg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Cell:
    """A cell of a table, set to the right unless its kind says otherwise; a plain text is set to the left.

    Attributes
    ----------
    text, small
        What it shows; the second below the first.
    order
        What it is sorted by, if not its text.
    kind
        A class of the style sheet.
    """

    text: str
    small: str = ""
    order: float | None = None
    kind: str = ""


def table(
    headings: Sequence[str | Cell],
    rows: Iterable[Sequence[str | Cell]],
    *,
    caption: str = "",
    name: str = "",
    kind: str = "",
    filters: Collection[int] = (),
) -> str:
    """Return a table in a box that scrolls; the first cell of a row is its heading.

    Parameters
    ----------
    headings
        A text stands over texts, a `Cell` over numbers.
    caption
        Shown above the box, so that it wraps where the table is wider than the screen.
    name
        The table's id; with it the page's script lets one sort the table.
    kind
        A class: ``texts`` sets all cells to the left and wraps them.
    filters
        Columns that the script offers a choice of values for.
    """
    head = "".join(
        _cell("th", each, f' scope="col"{" data-filter" * (at in filters)}') for at, each in enumerate(headings)
    )
    body = "".join(f"<tr>{''.join(_row(row))}</tr>\n" for row in rows)
    title = f'<p class="soft">{escape(caption)}</p>\n' if caption else ""
    classes = " ".join([kind] * bool(kind) + ["sortable"] * bool(name))
    marks = (f' id="{escape(name)}"' if name else "") + (f' class="{classes}"' if classes else "")
    label = f' aria-label="{escape(name or caption or str(headings[0]))}"'
    return (
        f'{title}<div class="scroll" role="region" tabindex="0"{label}><table{marks}>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def _row(row: Sequence[str | Cell]) -> Iterable[str]:
    for at, each in enumerate(row):
        yield _cell("td" if at else "th", each, "" if at else ' scope="row"')


def _cell(tag: str, given: str | Cell, more: str) -> str:
    if isinstance(given, str):
        return f'<{tag}{more} class="text">{escape(given)}</{tag}>'
    order = "" if given.order is None else f' data-v="{given.order:.9g}"'
    kind = f' class="{given.kind}"' if given.kind else ""
    small = f"<small>{escape(given.small)}</small>" if given.small else ""
    return f"<{tag}{more}{kind}{order}>{escape(given.text)}{small}</{tag}>"


def facts(told: Mapping[str, Any]) -> str:
    """Return names and values as a list."""
    rows = (f"<dt>{escape(spaced(name))}</dt><dd>{escape(plain(value))}</dd>\n" for name, value in told.items())
    return f"<dl>\n{''.join(rows)}</dl>\n"


def details(summary: str, body: str, *, is_open: bool = False) -> str:
    """Return what opens on demand."""
    return f"<details{' open' * is_open}><summary>{escape(summary)}</summary>\n{body}</details>\n"


def figure(title: str, caption: str, axes: Axes) -> str:
    """Return a figure; what it shows in words is its alternative text."""
    picture = base64.b64encode(svg(axes).encode()).decode()
    return (
        f"<figure>\n<h4>{escape(title)}</h4>\n<figcaption>{escape(caption)}</figcaption>\n"
        f'<img alt="{escape(f"{title}. {caption}")}" loading="lazy" src="data:image/svg+xml;base64,{picture}">\n'
        "</figure>\n"
    )


def figures(parts: Iterable[str]) -> str:
    """Return figures side by side, as many as there is room for."""
    return f'<div class="figures">\n{"".join(parts)}</div>\n'


def spaced(name: str) -> str:
    """Return a field's name as words."""
    return name.replace("_", " ")


def plain(value: Any) -> str:
    """Return a JSON value as a phrase."""
    if isinstance(value, dict):
        return ", ".join(f"{spaced(name)} {plain(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return "; ".join(map(plain, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}" if isinstance(value, float) else str(value)
