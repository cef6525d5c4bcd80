"""Money for studios: instalments planned within the grant and paid against a voucher."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DecimalField, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from studios.models import Grant, Instalment
from studios.services.rights import lock, require
from unionportal.audit.services import record
from unionportal.files.services import store_file

NOTHING = Value(0, output_field=DecimalField())


@transaction.atomic
def plan_instalment(*, grant, amount_yuan, actor, planned_on=None):
    """Add an instalment to a grant; never more in all than the grant. Returns it."""
    require(actor, "change_grant")
    grant = lock(grant)
    planned = grant.instalments.aggregate(total=Coalesce(Sum("amount_yuan"), NOTHING))["total"]
    if planned + amount_yuan > grant.amount_yuan:
        left = grant.amount_yuan - planned
        raise ValidationError({"amount_yuan": f"补助共 {grant.amount_yuan:f} 元，还可安排 {left:f} 元。"})
    last = grant.instalments.order_by("-position").first()
    instalment = Instalment(
        grant=grant,
        position=last.position + 1 if last else 1,
        amount_yuan=amount_yuan,
        planned_on=planned_on,
    )
    instalment.full_clean()
    instalment.save()
    record(actor, "studios.instalment_planned", grant, total=f"{amount_yuan:f}")
    return instalment


@transaction.atomic
def pay_instalment(*, instalment, paid_on, voucher_number, actor, inspected=None):
    """Note that an instalment was paid, against this voucher; returns it."""
    require(actor, "change_grant")
    lock(instalment.grant)
    instalment = lock(instalment)
    if instalment.paid_on:
        raise ValidationError(f"这一期已于 {instalment.paid_on} 拨付。")
    if not voucher_number.strip():
        raise ValidationError({"voucher_number": "请填写凭证号。"})
    if paid_on > timezone.localdate():
        raise ValidationError({"paid_on": "拨付日期不能晚于今天。"})
    instalment.paid_on, instalment.voucher_number = paid_on, voucher_number.strip()
    if inspected is not None:
        instalment.voucher = store_file(inspected=inspected, actor=actor, purpose="补助凭证", is_guarded=True)
    instalment.full_clean()
    instalment.save()
    record(
        actor,
        "studios.instalment_paid",
        instalment,
        total=f"{instalment.amount_yuan:f}",
        document=instalment.voucher_number,
    )
    return instalment


def totals_by_year():
    """Return [{year, granted, paid}] of all grants, the latest year first, in two statements."""
    granted = Grant.objects.order_by("-year").values("year").annotate(granted=Sum("amount_yuan"))
    paid = Instalment.objects.filter(~Q(paid_on=None)).values("grant__year").annotate(paid=Sum("amount_yuan"))
    by_year = {row["grant__year"]: row["paid"] for row in paid.order_by()}
    return [{**row, "paid": by_year.get(row["year"], 0)} for row in granted]
