"""sempairs: self-supervised visual representation learning with semantic pairs."""

__version__ = "0.1.0"
