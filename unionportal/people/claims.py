"""An account and the person it is: joined by name and full ID number, or by staff; never by a phone number.

The one who asks learns nothing but what becomes of the own account: whether the number is unknown, belongs to somebody of
another name or is joined already, the same is written and the same is said.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, InternalError, ProgrammingError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from unionportal.accounts.models import User
from unionportal.audit.services import record
from unionportal.common import crypto
from unionportal.common.identity import match_key
from unionportal.common.locking import lock_value
from unionportal.inbox.services import send
from unionportal.people.models import Claim, Person
from unionportal.people.services import person_by_identity

WAITING = "您提交的信息正在核实，请等工作人员的消息，不必重复提交。"
IDENTIFIED = "您的身份已经核实，不必再填。"
MERGE_REFUSED = (
    "两份档案里有不能自动合并的记录（如同一班次都有报名、已公布的成绩），请先办理其中一份，再关联。"
)


class CannotMerge(ValidationError):
    """Records of two persons stand in each other's way."""


def possible_duplicates(person):
    """Return the other records of the same name with the same unit or the same end of the phone number."""
    same = Q()
    if person.unit_id:
        same |= Q(unit=person.unit_id)
    if person.phone_tail:
        same |= Q(phone_tail=person.phone_tail)
    others = Person.objects.current().filter(name=person.name).exclude(pk=person.pk)
    return others.filter(same) if same else others.none()


def absorb(*, person, into):
    """Lead all records of one person to another and mark it as merged, within a running transaction.

    Walks the foreign keys of the models, so that no line of work is forgotten and the kernel knows none of them.
    Raises CannotMerge where a constraint or a frozen record forbids it; then nothing has moved.
    """
    if person.id_number_hash:
        raise CannotMerge("两份档案都有身份证号，不能合并。")
    try:
        with transaction.atomic():
            # Hidden ones too; a many-to-many comes as the foreign key of its own table.
            for relation in Person._meta.get_fields(include_hidden=True):
                if relation.auto_created and (relation.one_to_many or relation.one_to_one):
                    name = relation.field.name
                    rows = relation.related_model._base_manager.filter(**{name: person.pk})
                    rows.update(**{name: into.pk})
    except (IntegrityError, InternalError, ProgrammingError) as error:
        # A constraint, or a trigger that keeps what is published; a lock that is not to be had is another matter.
        raise CannotMerge(MERGE_REFUSED) from error
    person.user, person.merged_into = None, into
    person.save(update_fields=["user", "merged_into"])


def join(*, user, person):
    """Make a (locked) person the account's own, with what the account's former record holds; audited by the caller."""
    own = Person.objects.select_for_update(of=("self",)).filter(user=user.pk).exclude(pk=person.pk).first()
    if own is not None:
        absorb(person=own, into=person)
        person.unit = person.unit or own.unit
        person.unit_claimed = person.unit_claimed or own.unit_claimed
        person.is_flexible = person.is_flexible or (own.is_flexible and person.unit is None)
    if not person.phone_tail and user.phone_tail:
        person.phone = user.phone
    person.user = user
    person.save()
    return person


def found_by(id_number):
    """Return the (locked) person who has this clean ID number, or the successor; None where nobody has.

    In one statement, so that the two answers cost the same.
    """
    holders = Person.objects.with_id_number(id_number).values_list(Coalesce("merged_into", "pk"))
    return Person.objects.select_for_update(of=("self",)).filter(pk__in=holders).first()


def identified_person(user):
    """Return the person of an account whose ID number is known, or None."""
    return Person.objects.filter(user=user).exclude(id_number_hash=None).first()


@transaction.atomic
def ask_to_join(*, user, id_number):
    """Join the account to the person of its name and this clean ID number, else put the question to staff.

    Returns nothing on purpose. ValidationError where a question of this account waits, or is settled, already.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    refuse_further_questions(user)
    lock_value("person", crypto.keyed_hash(id_number))
    found = found_by(id_number)
    try:
        with transaction.atomic():
            if found and match_key(found.name) == match_key(user.name) and found.user_id is None:
                join(user=user, person=found)
                record(user, "people.person_claimed", found)
                return
    except CannotMerge:
        pass  # staff will see why
    claim = Claim(user=user, ground=Claim.Ground.IDENTITY)
    claim.id_number = id_number
    claim.save()
    record(user, "people.claim_made", claim)


def refuse_further_questions(user):
    """Raise ValidationError where the account is identified or its question waits: so nobody tries numbers in turn."""
    if identified_person(user):
        raise ValidationError(IDENTIFIED)
    if user.claims.filter(ground=Claim.Ground.IDENTITY, status=Claim.Status.WAITING).exists():
        raise ValidationError(WAITING)


@transaction.atomic
def claim_person(*, user, name, id_number, source=""):
    """Join an account to the person of its own name and this ID number and return the person, or None.

    Makes the person where nobody has the number. None reads the same whether the number has another name, another
    account has joined it already, or records stand in the way.
    """
    if match_key(user.name) != match_key(name):
        return None
    own = Person.objects.filter(user=user).first()
    if own is not None and own.id_number_hash:
        return own if own.id_number_hash == crypto.keyed_hash(id_number) else None
    person = person_by_identity(name=name, id_number=id_number, actor=user, source=source)
    if person is None:
        return None
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.user_id not in (None, user.pk):
        return None
    if person.user_id is None:
        try:
            join(user=user, person=person)
        except CannotMerge:
            return None
        record(user, "people.person_claimed", person, source=source)
    return person


@transaction.atomic
def settle_claim(*, claim, person, actor, reason, takes_over=False):
    """Join the account of a claim to a person whom staff have made sure of; returns the claim.

    With `takes_over` the person leaves another account first, which is told. The account's own record, where it is
    the person, gets the ID number that was typed; None makes one for an account that has none.
    """
    claim = lock_waiting(claim, reason)
    if person is None:
        person = Person.objects.create(name=claim.user.name, user=claim.user)
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.user_id not in (None, claim.user_id):
        if not takes_over:
            raise ValidationError("这份档案已关联另一个账号。核实后请用“改为关联本账号”。")
        before, person.user = person.user, None
        person.save(update_fields=["user"])
        send(
            to=before,
            title="账号不再关联职工档案",
            body="经工作人员核实，您的账号不再关联原来的职工档案。如有疑问，请带身份证件到区总工会核对。",
            kind="people.claim_settled",
        )
    if person.user_id == claim.user_id and claim.id_number_sealed:
        lock_value("person", crypto.keyed_hash(claim.id_number))
        if Person.objects.with_id_number(claim.id_number).exclude(pk=person.pk).exists():
            raise ValidationError("这个身份证号已登记在另一份档案里，请关联到那一份。")
        person.id_number = claim.id_number
    join(user=claim.user, person=person)
    close(claim, Claim.Status.JOINED, actor, reason, person)
    tell(claim, "身份已核实", "您的账号已与职工档案关联，成长档案、荣誉和证书在“我的”里查看。")
    record(actor, "people.claim_settled", claim, person=str(person), reason=reason)
    return claim


@transaction.atomic
def refuse_claim(*, claim, actor, reason):
    """Leave the account with the record it has; returns the claim. The reason stays with staff."""
    claim = lock_waiting(claim, reason)
    close(claim, Claim.Status.REFUSED, actor, reason, None)
    if claim.ground == Claim.Ground.IDENTITY:
        tell(claim, "身份暂未核实", "工作人员核对后未能关联。请带身份证件到单位工会或区总工会当面办理。")
    record(actor, "people.claim_refused", claim, reason=reason)
    return claim


def lock_waiting(claim, reason):
    """Return the claim, locked, where it still waits and a reason is given; else ValidationError."""
    if not reason.strip():
        raise ValidationError("请写明核实依据或理由。")
    claim = Claim.objects.select_for_update(of=("self",)).select_related("user").get(pk=claim.pk)
    if claim.status != Claim.Status.WAITING:
        raise ValidationError(f"这一条{claim.get_status_display()}，不必再办。")
    return claim


def close(claim, status, actor, reason, person):
    """Write what was decided, and forget the ID number."""
    claim.status, claim.person, claim.reason = status, person, reason.strip()[:300]
    claim.decided_by, claim.decided_at, claim.id_number_sealed = actor, timezone.now(), b""
    claim.save()


def tell(claim, title, body):
    send(to=claim.user, title=title, body=body, url="/my/", kind="people.claim_settled")
