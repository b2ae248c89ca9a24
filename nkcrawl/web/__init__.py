"""The archive in a browser: Datasette with our own pages, on this machine alone, reading and never
writing.

`python -m nkcrawl.web` serves it. pages.yaml has the questions and the charts, templates/ what is
read rather than queried; what tables and columns mean comes from the archive itself.
"""
