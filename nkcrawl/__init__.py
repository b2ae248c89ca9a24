"""A scheduled crawler with storage for the public pages of NK News."""

__version__ = "0.1.0"
