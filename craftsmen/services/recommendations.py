"""The upward ledger (上级推荐): who was recommended to the union above, never more than the quota, and what came of it."""

from django.core.exceptions import ValidationError
from django.db import transaction

from craftsmen.models import Recommendation, RecommendationQuota
from craftsmen.services.honours import make_honour
from unionportal.audit.services import record

Status = Recommendation.Status
# act → (from which states, to which)
MOVES = {
    "send": ((Status.RECOMMENDED,), Status.SENT),
    "notice": ((Status.SENT,), Status.IN_NOTICE),
    "award": ((Status.SENT, Status.IN_NOTICE), Status.AWARDED),
    "decline": ((Status.SENT, Status.IN_NOTICE), Status.NOT_AWARDED),
    "withdraw": ((Status.RECOMMENDED, Status.SENT, Status.IN_NOTICE), Status.WITHDRAWN),
}


def lock_quota(quota_id):
    """Return the quota's row, locked: recommendations of one title and year queue up here."""
    return (
        RecommendationQuota.objects.select_for_update(no_key=True, of=("self",))
        .select_related("title")
        .get(pk=quota_id)
    )


def refuse_beyond_quota(quota, *, besides=None):
    """Raise ValidationError where the quota has no place left, not counting the recommendation `besides`."""
    taken = quota.recommendations.live().exclude(pk=besides and besides.pk).count()
    if taken >= quota.quota:
        raise ValidationError(f"“{quota}”名额 {quota.quota} 个，已推荐 {taken} 个，不能再推荐。")


@transaction.atomic
def recommend(*, quota, actor, recommended_on, **subject):
    """Recommend a person, unit or team for a title above, within the quota; returns the Recommendation."""
    quota = lock_quota(quota.pk)
    recommendation = Recommendation(quota=quota, recommended_on=recommended_on, **subject)
    refuse_beyond_quota(quota)
    recommendation.full_clean()
    recommendation.save()
    record(actor, "craftsmen.recommended", recommendation)
    return recommendation


def _move(recommendation, act):
    """Lock the recommendation below its quota and take the step; ValidationError where the state does not allow it."""
    lock_quota(recommendation.quota_id)
    recommendation = (
        Recommendation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("quota__title", "person", "unit")
        .get(pk=recommendation.pk)
    )
    origins, target = MOVES[act]
    if recommendation.status not in origins:
        raise ValidationError(
            f"{recommendation.subject}现为“{recommendation.get_status_display()}”，不能办理这一步。"
        )
    recommendation.status = target
    return recommendation


def _not_before(earlier, on, what):
    if earlier and on < earlier:
        raise ValidationError({"on": f"日期不能早于{what}（{earlier}）。"})


@transaction.atomic
def send_recommendation(*, recommendation, actor, on, document_number):
    """Note that it was sent to the union above; returns the Recommendation."""
    recommendation = _move(recommendation, "send")
    _not_before(recommendation.recommended_on, on, "区内推荐日期")
    recommendation.sent_on, recommendation.sent_document = on, document_number.strip()
    recommendation.save(update_fields=["status", "sent_on", "sent_document"])
    record(actor, "craftsmen.recommendation_sent", recommendation, document=recommendation.sent_document)
    return recommendation


@transaction.atomic
def note_notice(*, recommendation, actor, on):
    """Note that the union above has made it public (上级公示); returns the Recommendation."""
    recommendation = _move(recommendation, "notice")
    _not_before(recommendation.sent_on, on, "报送日期")
    recommendation.notice_from = on
    recommendation.save(update_fields=["status", "notice_from"])
    record(actor, "craftsmen.recommendation_in_notice", recommendation, on=str(on))
    return recommendation


@transaction.atomic
def award_recommendation(*, recommendation, actor, on, document_number, document_title="", is_public=True):
    """Note that the title was awarded: the honour is registered in the same act. Returns the Recommendation."""
    recommendation = _move(recommendation, "award")
    _not_before(recommendation.notice_from or recommendation.sent_on, on, "上一步的日期")
    recommendation.honour = make_honour(
        title=recommendation.quota.title,
        year=recommendation.quota.year,
        person=recommendation.person,
        unit=recommendation.unit,
        team_name=recommendation.team_name,
        document_title=document_title.strip(),
        document_number=document_number.strip(),
        document_on=on,
        is_public=is_public,
    )
    recommendation.result_on = on
    recommendation.save(update_fields=["status", "result_on", "honour"])
    record(actor, "craftsmen.recommendation_awarded", recommendation, document=document_number.strip())
    return recommendation


@transaction.atomic
def close_recommendation(*, recommendation, actor, act, on, note):
    """Note that it was not awarded (act `decline`) or withdrawn (`withdraw`), with the reason; returns the Recommendation."""
    if act not in ("decline", "withdraw"):
        raise ValueError(act)
    if not note.strip():
        raise ValidationError({"note": "请写明情况。"})
    recommendation = _move(recommendation, act)
    _not_before(recommendation.sent_on or recommendation.recommended_on, on, "上一步的日期")
    recommendation.result_on, recommendation.note = on, note.strip()[:300]
    recommendation.save(update_fields=["status", "result_on", "note"])
    action = "recommendation_declined" if act == "decline" else "recommendation_withdrawn"
    record(actor, f"craftsmen.{action}", recommendation, reason=recommendation.note)
    return recommendation
