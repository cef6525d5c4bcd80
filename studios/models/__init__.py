"""The records of studios, by noun."""

from studios.models.achievements import Achievement, Adoption, Contribution, Evidence
from studios.models.campaigns import (
    ApplicationFile,
    Campaign,
    ConditionAnswer,
    SiteVisit,
    StudioApplication,
    VisitPhoto,
)
from studios.models.ceremonies import CeremonyPhoto, PlaqueCeremony, PlaqueLine
from studios.models.requests import HelpRequest
from studios.models.reviews import AnnualReview, Grant, Instalment
from studios.models.studios import Recognition, Studio, StudioFile, StudioMember
from studios.models.work import Activity, ActivityPhoto, Apprenticeship, Project

__all__ = [
    "Achievement",
    "Activity",
    "ActivityPhoto",
    "Adoption",
    "AnnualReview",
    "ApplicationFile",
    "Apprenticeship",
    "Campaign",
    "CeremonyPhoto",
    "ConditionAnswer",
    "Contribution",
    "Evidence",
    "Grant",
    "HelpRequest",
    "Instalment",
    "PlaqueCeremony",
    "PlaqueLine",
    "Project",
    "Recognition",
    "SiteVisit",
    "Studio",
    "StudioApplication",
    "StudioFile",
    "StudioMember",
    "VisitPhoto",
]
