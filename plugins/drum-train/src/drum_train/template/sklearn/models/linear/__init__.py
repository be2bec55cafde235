"""The model class that ``drum fit`` finds here."""

from models.linear.linear import Linear

__all__ = ["Linear"]
