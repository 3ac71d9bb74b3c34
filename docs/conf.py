"""How Sphinx makes the documentation; `make docs` runs it."""

from __future__ import annotations

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
python_maximum_signature_line_length = 90
napoleon_use_ivar = True
