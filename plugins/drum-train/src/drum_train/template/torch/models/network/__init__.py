"""The model class that ``drum fit`` finds here."""

from models.network.network import Network

__all__ = ["Network"]
