"""The staff's pages of the selection of craftsmen."""

from craftsmen.admin import decisions, nominations, review, slates

__all__ = ["decisions", "nominations", "review", "slates"]
