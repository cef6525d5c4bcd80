"""Records of a selection: what is offered, who is nominated, how it is decided, and the honours that come of it."""

from craftsmen.models.honours import Honour, HonourReview, HonourTitle, ReportedHonours
from craftsmen.models.nominations import Nomination, NominationFile
from craftsmen.models.profiles import Profile, ProfileDraft, ProfileText
from craftsmen.models.recommendations import Recommendation, RecommendationQuota
from craftsmen.models.review import Consultation, ConsultationLine, FieldVisit
from craftsmen.models.selections import (
    Allocation,
    EligibilityRule,
    Extension,
    Offer,
    Selection,
    SlateRule,
)
from craftsmen.models.slates import Conferral, Meeting, SlateLine

__all__ = [
    "Allocation",
    "Conferral",
    "Consultation",
    "ConsultationLine",
    "EligibilityRule",
    "Extension",
    "FieldVisit",
    "Honour",
    "HonourReview",
    "HonourTitle",
    "Meeting",
    "Nomination",
    "NominationFile",
    "Offer",
    "Profile",
    "ProfileDraft",
    "ProfileText",
    "Recommendation",
    "RecommendationQuota",
    "ReportedHonours",
    "Selection",
    "SlateLine",
    "SlateRule",
]
