"""Which panels belong to which line of work. Each line claims its own when it starts; the kernel knows none of them."""

from django.apps import apps
from django.db.models import Q

_claims = []


def claim_panels(*, permission, own):
    """Say that the panels of `own` (a Q over Panel) belong to those who hold this permission."""
    _claims.append((permission, own))


def panels_of(user):
    """Return the panels of the lines of work whose records this user may see; one that no line claims is everybody's."""
    # Claims are made while the applications load, before models can be imported.
    panels, others = apps.get_model("panels", "Panel").objects, Q()
    for permission, own in _claims:
        if not user.has_perm(permission):
            others |= own
    return panels.exclude(others) if others else panels.all()


class OfOneLine:
    """Mixed into the admin classes of a panel's records: staff see and choose those of their own lines of work."""

    line_path = "panel"

    def get_queryset(self, request):
        own = {f"{self.line_path}__in" if self.line_path else "pk__in": panels_of(request.user).values("pk")}
        return super().get_queryset(request).filter(**own)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        first, _, rest = self.line_path.partition("__")
        if field is not None and db_field.name == first:
            own = {f"{rest}__in" if rest else "pk__in": panels_of(request.user).values("pk")}
            field.queryset = field.queryset.filter(**own)
        return field
