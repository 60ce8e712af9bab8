"""Sphinx's settings for the site that scripts/make_site.py builds."""

import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]

project, author, version = "dbrec", PROJECT["authors"][0]["name"], PROJECT["version"]
copyright = f"{author}; code MIT, prose CC BY 4.0"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx-mathjax-offline"]
nb_execution_mode = "off"  # the lessons are committed with their outputs
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", 10)]
myst_enable_extensions = ["dollarmath", "amsmath", "html_image"]
myst_heading_anchors = 4
napoleon_use_ivar = True  # else the fields of a NamedTuple are described twice
strip_signature_backslash = True  # else napoleon leaves off the last _ of fitted_
# what scikit-learn and Keras add, with docstrings of their own that link to their sites
autodoc_default_options = {"exclude-members": "set_fit_request, set_score_request, from_config"}
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say shapes and ranges, which types don't
html_theme = "sphinx_book_theme"
html_title = "dbrec: deep hybrid recommenders"
html_theme_options = {"show_toc_level": 2, "use_download_button": False, "use_fullscreen_button": False}
html_theme_options |= {"navbar_persistent": []}  # the side bar has the field for a search
html_context = {"default_mode": "auto"}  # else the browser reports an error at the first visit
html_static_path, html_css_files = ["static"], ["site.css"]
html_show_sourcelink = False
html_use_index = html_domain_indices = False  # one page has the whole API
pygments_style = "default"
