"""How Sphinx makes the documentation; `make docs` runs it."""

from __future__ import annotations

import importlib
from typing import Any

from sphinx.application import Sphinx

import lab

project = "lab"
author = "the lab developers"
copyright = "2026, the lab developers"
version = release = lab.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
default_role = "literal"
highlight_language = "default"

html_theme = "furo"
html_title = "lab"
html_show_sourcelink = False

# A room's page shows what its __all__ names, wherever that is defined.
autosummary_generate = True
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
add_module_names = False
python_maximum_signature_line_length = 90
napoleon_use_ivar = True


def is_elsewhere(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Whether a room further up, or the module of which this is another name, shows the object."""
    page = app.env.current_document.docname.rpartition("/")[2]
    parts = str(getattr(obj, "__module__", "")).split(".")
    if what != "module" or not page.startswith("lab") or parts[0] != "lab":
        return None
    for length in range(1, len(parts) + 1):
        module = importlib.import_module(".".join(parts[:length]))
        if getattr(module, name, None) is obj and name in getattr(module, "__all__", ()):
            return True if module.__name__ != page else None
    return None


def setup(app: Sphinx) -> None:
    """Have each object described once."""
    app.connect("autodoc-skip-member", is_elsewhere)
