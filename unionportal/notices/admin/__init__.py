"""The admin of notices: holidays, notices with their lists and clocks, objections."""

from unionportal.notices.admin import holidays, notices, objections

__all__ = ["holidays", "notices", "objections"]
