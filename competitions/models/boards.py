from django.db import models
from django.db.models import Exists, OuterRef

SEAL = "competitions.seal_stage"


class StageQuerySet(models.QuerySet):
    def chaired_by(self, user):
        """Stages where this user sits as chief judge of a panel."""
        own = self.model.objects.filter(
            modules__panel__assignments__user=user.pk,
            modules__panel__assignments__role="chief",
            modules__panel__assignments__ended_at=None,
        )
        return self.filter(pk__in=own.values("pk"))

    def boards_for(self, user):
        """Stages whose board this user may open, with `is_chaired`.

        The chief judge opens that of the own stage, staff of the competitions and the supervisor every one.
        """
        own = self.model.objects.chaired_by(user)
        stages = self.annotate(is_chaired=Exists(own.filter(pk=OuterRef("pk"))))
        if user.is_staff and (user.has_perm(SEAL) or user.has_perm("competitions.view_stage")):
            return stages
        return stages.filter(is_chaired=True)
