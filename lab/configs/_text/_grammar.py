"""The text of overrides: `optimizer.lr=1e-3`, `tags+=[a, b]`, `x={k: 'v, w'}`.

The grammar is that of Hydra's basic overrides where both have a form; what it reads stays text until the type
that is asked for is known::

    override: KEY ('=' | '+=') VALUE          KEY: identifiers joined by dots
    VALUE:    quoted | [VALUE, ...] | {LEAF: VALUE, ...} | bare text
    quoted:   '...' or "...": a backslash counts only before the closing kind of quote, and is then doubled
    bare:     no comma, bracket, parenthesis or quote but after a backslash; outer blanks are not part of it
"""

from __future__ import annotations

from lab.configs._text._parsing import Override, Text, parse_override, parse_value
from lab.configs._text._spell import overrides_to_text, to_text

__all__ = ["Override", "Text", "overrides_to_text", "parse_override", "parse_value", "to_text"]
