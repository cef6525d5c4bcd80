"""Visits to where a studio works (实地考察), with photographs."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from studios.models import SiteVisit, StudioApplication, VisitPhoto
from studios.services.campaigns import lock_application, lock_running
from studios.services.rights import require
from unionportal.audit.services import record
from unionportal.files.services import store_file

Status = StudioApplication.Status
VISITED = (Status.ACCEPTED, Status.REVIEWING, Status.SCORED, Status.PROPOSED)


@transaction.atomic
def note_visit(*, application, visited_on, visitors, report, finding, actor, pictures=()):
    """Enter a site visit with its photographs (Inspected); returns the SiteVisit."""
    require(actor, "review_applications")
    lock_running(application.campaign)
    application = lock_application(application)
    if application.status not in VISITED:
        raise ValidationError(f"申报现为“{application.get_status_display()}”，不登记考察。")
    if visited_on > timezone.localdate():
        raise ValidationError({"visited_on": "考察日期不能晚于今天。"})
    visit = SiteVisit(
        application=application,
        visited_on=visited_on,
        visitors=visitors.strip(),
        report=report.strip(),
        finding=finding,
        written_by=actor,
    )
    visit.full_clean()
    visit.save()
    for picture in pictures:
        file = store_file(inspected=picture, actor=actor, purpose="实地考察照片", is_guarded=True)
        VisitPhoto.objects.create(visit=visit, file=file)
    record(actor, "studios.visit_noted", application, on=str(visited_on), note=visit.get_finding_display())
    return visit
