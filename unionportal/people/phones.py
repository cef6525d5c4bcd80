"""What staff and liaisons do about workers' phones: hand out a code after seeing the person, change the number."""

import logging

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from unionportal.accounts import phone_codes
from unionportal.accounts.models import User
from unionportal.accounts.services import is_worker, set_login_phone
from unionportal.audit.services import record
from unionportal.common import identity, sms
from unionportal.inbox.services import send
from unionportal.people.models import Liaison, Person, UnionBody

logger = logging.getLogger("unionportal.people")

NOT_A_WORKER = "这个手机号属于工作人员、裁判或经办人的账号，不能发放登录码；请其用登录名和密码登录。"
NOT_YOURS = "这个手机号的职工不在您经办的工会，请其到本单位工会或区总工会办理。"


def may_hand_out(user):
    """Say whether an account may hand out codes: staff with the right, and whoever acts for a union body today."""
    return (
        user.has_perm("people.hand_out_codes") or Liaison.objects.filter(user=user.pk, ended_on=None).exists()
    )


@transaction.atomic
def hand_out_code(*, phone, name, reason, actor):
    """Make a one-time code for the person in front of the actor and return it; it is told once and kept nowhere.

    It opens a worker's account or a new one, never that of staff or a judge; a liaison's only for the own people.
    """
    if not may_hand_out(actor):
        raise PermissionDenied
    account = User.objects.with_phone(phone).first()
    if account is not None:
        if not is_worker(account):
            raise ValidationError(NOT_A_WORKER)
        if not actor.has_perm("people.hand_out_codes") and not _is_of_own_union(actor, account):
            raise ValidationError(NOT_YOURS)
    code = phone_codes.make_handed_out(phone=phone, actor=actor)
    masked = identity.mask_phone(phone)
    record(actor, "people.code_handed_out", account, to=f"{name}（{masked}）", reason=reason)
    return code


def _is_of_own_union(actor, account):
    bodies = UnionBody.objects.within_reach_of(actor).values("pk")
    return Person.objects.filter(user=account, unit__union_bodies__in=bodies).exists()


@transaction.atomic
def change_login_phone(*, user, phone, reason, actor):
    """Let a worker sign in with another (clean) number and return the account; the old number is told.

    The person asking must be in front of the actor: whoever gets a new number accepted gets the account.
    """
    if not is_worker(user):
        raise ValidationError("这不是普通职工账号，请由系统管理员办理。")
    user, before = set_login_phone(user=user, phone=phone)
    if before == phone:
        raise ValidationError("新号码与原号码相同，不必更换。")
    Person.objects.filter(user=user).update(phone_sealed=user.phone_sealed, phone_tail=user.phone_tail)
    send(
        to=user,
        title="登录手机号已更换",
        body="您的登录手机号已由工作人员更换。如果不是您本人申请的，请立即联系区总工会。",
        kind="people.login_phone_changed",
    )
    if before and sms.is_on():
        transaction.on_commit(lambda: _tell_old_number(before), robust=True)
    record(
        actor,
        "people.login_phone_changed",
        user,
        before=identity.mask_phone(before),
        after=identity.mask_phone(phone),
        reason=reason,
    )
    return user


def _tell_old_number(phone):
    try:
        sms.send(phone, "您账号的登录手机号已更换，本号码不再用于登录。如非本人申请，请立即联系区总工会。")
    except sms.SmsError as error:
        logger.warning("the old number of an account could not be told: %s", error)
