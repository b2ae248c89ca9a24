"""The archive in a browser: Datasette with the project's pages, read-only and on loopback.

`python -m nkcrawl.web` serves it. pages.yaml has the questions and charts, templates/ the pages of
articles; descriptions of tables and columns come from the archive package.
"""
