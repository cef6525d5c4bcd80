"""Selections and honours in the admin. States move through services."""

from craftsmen.admin import decisions, nominations, review, setup, slates

__all__ = ["decisions", "nominations", "review", "setup", "slates"]
