"""leadwire: a self-hosted lead API with a complete, searchable record of every call."""

__all__ = ["__version__"]

__version__ = "0.1.0"
