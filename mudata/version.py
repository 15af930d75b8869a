"""The one place that says which version this is; nothing inside imports the package's face for
it."""

__version__ = "0.1.0"
