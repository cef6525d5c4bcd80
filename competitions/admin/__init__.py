"""Competitions in the admin. States move through services; what a sealed result stands on cannot be edited."""

from competitions.admin import entries, results, setup, stages

__all__ = ["entries", "results", "setup", "stages"]
