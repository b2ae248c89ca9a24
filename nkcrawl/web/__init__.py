"""The archive in a browser: Datasette with the project's pages, read-only and on loopback.

`python -m nkcrawl.web` serves it. metadata.yaml has the data dictionary, the
questions and the charts, templates/ the pages of articles.
"""
