"""The archive in a browser: Datasette with pages for reading, on this machine alone, read-only.

`python -m nkcrawl.web` serves it. metadata.yaml has the data dictionary, the questions and the
charts, templates/ what is read rather than queried.
"""
