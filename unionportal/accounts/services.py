"""What is done to accounts, and writes that happen once however often they are sent."""

import hashlib
import json
import secrets
from datetime import timedelta

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.accounts.models import Receipt, User
from unionportal.audit.services import record
from unionportal.common import crypto
from unionportal.common.locking import lock_value

# Regulation on security of internet government applications: administration, security and audit are held apart.
SEPARATED_ROLES = ("系统管理员", "安全管理员", "审计员")
WORKER_ROLE = "职工"
WORKER_SESSION = timedelta(days=90)


class KeyReused(Exception):
    """The same idempotency key came with another body (HTTP 422)."""


def do_once(*, actor, key, action, body, work):
    """Return the JSON answer of `work()`, whose writes are kept once only per actor and key.

    A repeated key with the same body returns the first answer; with another body it raises KeyReused. The receipt is
    written last, in the transaction of the work: of two sendings the unique key lets one commit, and all that the
    other has done is undone. So `work` may run again, and must do nothing that a rollback does not undo.
    """
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    try:
        with transaction.atomic():
            answer = work()
            Receipt.objects.create(user=actor, key=key, action=action, body_sha256=digest, answer=answer)
        return answer
    except Exception:
        # Whatever stopped it: if this key has been answered already, that is the answer.
        receipt = Receipt.objects.filter(user=actor, key=key).first()
        if receipt is None:
            raise
    if (receipt.action, receipt.body_sha256) != (action, digest):
        raise KeyReused("同一次提交的编号对应了不同的内容，未保存。请刷新页面后重新提交。")
    return receipt.answer


def check_roles(roles, *, user=None, actor=None):
    """Raise ValidationError unless this set of groups may be given to this user by this actor."""
    separated = [role.name for role in roles if role.name in SEPARATED_ROLES]
    if len(separated) > 1:
        raise ValidationError(f"三员分立：同一账号不能同时担任{'、'.join(separated)}。")
    if separated and len(roles) > 1:
        raise ValidationError(f"{separated[0]}账号不能再担任业务角色，请另建账号。")
    if user is not None and actor is not None and user.pk == actor.pk:
        raise ValidationError("不能给自己分配角色，请由另一位安全管理员办理。")


@transaction.atomic
def assign_roles(*, user, roles, actor):
    """Give the user exactly these groups and return the user."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_roles(roles, user=user, actor=actor)
    before = sorted(user.groups.values_list("name", flat=True))
    user.groups.set(roles)
    after = sorted(role.name for role in roles)
    if before != after:
        record(actor, "accounts.roles_assigned", user, before=before, after=after)
    return user


def is_worker(user):
    """Say whether an account can do nothing but what every worker can: no staff, and no further role."""
    if user.is_staff or user.is_superuser:
        return False
    return all(group.name == WORKER_ROLE for group in user.groups.all())


@transaction.atomic
def open_worker_account(*, phone, name):
    """Make the account of a worker who has proved a (clean) phone number and consented; audited by the caller.

    ValidationError where the number has an account already, also one made at the same moment.
    """
    lock_value("phone", crypto.keyed_hash(phone))
    user = User(username=_free_username(), name=name, consented_at=timezone.now())
    user.phone = phone
    user.set_unusable_password()
    if User.objects.with_phone(phone).exists():
        raise ValidationError("这个手机号已注册，请返回直接登录。")
    user.save()
    user.groups.set(Group.objects.filter(name=WORKER_ROLE))
    return user


def _free_username():
    """Return a log-in name that says nothing: the phone number must not stand in lists and audit lines."""
    while True:
        name = f"zg{secrets.randbelow(10**8):08d}"
        if not User.objects.named(name).exists():
            return name


@transaction.atomic
def set_login_phone(*, user, phone):
    """Let an account sign in with another (clean) number and return (user, the number before); audited by the caller.

    All its sessions end: whoever lost the old phone may have lost them with it.
    """
    lock_value("phone", crypto.keyed_hash(phone))
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if User.objects.with_phone(phone).exclude(pk=user.pk).exists():
        raise ValidationError("这个手机号已用于另一个账号，请核对。")
    before, user.phone = user.phone, phone
    user.save(update_fields=["phone_sealed", "phone_hash", "phone_tail"])
    return user, before
