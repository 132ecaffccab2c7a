"""The frame of a page: head, style, contents, script, and the policy that allows no more than these."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src {style_hash}; \
script-src {script_hash}; img-src data:; base-uri 'none'; form-action 'none'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}<script>{script}</script>
</body>
</html>
"""


def document(title: str, lead: str, sections: Sequence[tuple[str, str]]) -> str:
    """Return a whole page.

    Parameters
    ----------
    title
        Text.
    lead
        HTML below the heading.
    sections
        Heading (text) and body (HTML) of each; a section without body is left out.
    """
    shown = [(f"part-{at}", heading, body) for at, (heading, body) in enumerate(sections) if body]
    links = "".join(f'<li><a href="#{key}">{escape(heading)}</a></li>\n' for key, heading, _ in shown)
    contents = f'<nav aria-label="Contents"><ul>\n{links}</ul></nav>\n' if len(shown) > 1 else ""
    parts = (f'<section id="{key}">\n<h2>{escape(heading)}</h2>\n{body}</section>\n' for key, heading, body in shown)
    style, script = (_file(f"report.{kind}") for kind in ("css", "js"))
    return PAGE.format(
        title=escape(title),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        body=f"<header>\n<h1>{escape(title)}</h1>\n{lead}{contents}</header>\n<main>\n{''.join(parts)}</main>\n",
    )


def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
