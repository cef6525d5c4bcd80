"""Selections and honours in the admin. States move through services."""

from craftsmen.admin import setup

__all__ = ["setup"]
