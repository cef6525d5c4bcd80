"""An offer's experts and its slate: who is marked, what came of it, who is chosen."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from craftsmen import standing
from craftsmen.admin.pages import Pages, find_offer, require
from craftsmen.forms import read_choice
from craftsmen.models import Nomination, SlateLine
from craftsmen.services import experts, slates
from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.audit.admin_steps import Step
from unionportal.panels import scoring
from unionportal.panels.models import Panel
from unionportal.panels.services.decisions import answer_spread


@admin.register(SlateLine)
class SlateLineAdmin(Pages, ReadOnlyAdmin):
    list_display = ["nomination", "offer", "rank", "score", "counted_sheets", "is_chosen", "reserve_order"]
    list_filter = ["is_chosen", "offer__selection", "offer__title"]
    list_select_related = [
        "nomination__person",
        "nomination__offer__title",
        "nomination__offer__selection",
        "offer__title",
        "offer__selection",
    ]
    search_fields = ["nomination__person__name", "nomination__unit_name"]

    def get_urls(self):
        return [
            self.route("offer/<int:pk>/experts/", self.experts, "offer_experts"),
            self.route("offer/<int:pk>/experts/<slug:act>/", self.expert_act, "offer_expert_act"),
            self.route("offer/<int:pk>/slate/", self.slate, "offer_slate"),
            self.route("offer/<int:pk>/slate/<slug:act>/", self.slate_act, "offer_slate_act"),
            *super().get_urls(),
        ]

    def experts(self, request, pk):
        """Show the nominees before the experts, how far the marking is, and what may come next."""
        return require_safe(self._experts)(request, pk)

    def _experts(self, request, pk):
        require(request, "view_slateline")
        offer = find_offer(pk)
        panel = offer.panel
        seats = panel.assignments.filter(ended_at=None, is_marking=True)
        context = {
            "offer": offer,
            "selection": offer.selection,
            "panel": panel,
            "rows": standing.expert_rows(offer),
            "seats": seats,
            "rule_text": rule_text(panel) if panel.criteria.exists() else "",
            "waiting": offer.nominations.filter(status=Nomination.Status.ACCEPTED).count(),
            "may_step": request.user.has_perm("craftsmen.review_nominations"),
            "steps": expert_steps(offer),
        }
        return self.page(request, "admin/craftsmen/offer/experts.html", f"{offer} 专家评审", **context)

    def expert_act(self, request, pk, act):
        """Do one step with the experts' panel, by POST."""
        return require_POST(self._expert_act)(request, pk, act)

    def _expert_act(self, request, pk, act):
        require(request, "review_nominations")
        offer = find_offer(pk)
        try:
            self.message_user(
                request, take_expert_step(offer, act, request.user, request.POST), messages.SUCCESS
            )
        except ValidationError as error:
            for message in error.messages:
                self.message_user(request, message, messages.ERROR)
        return redirect("admin:craftsmen_offer_experts", pk)

    def slate(self, request, pk):
        """Show the ranked nominees and the choice as it is saved, or by rank alone where nothing is."""
        return require_safe(self._slate)(request, pk)

    def _slate(self, request, pk):
        require(request, "view_slateline")
        offer = find_offer(pk)
        lines = slates.lines_of(offer)
        saved = slates.saved_choice(lines)
        is_saved = bool(saved.chosen or saved.reserves or offer.slate_settled_at)
        choice = saved if is_saved else slates.first_choice(lines, offer.quota)
        return self._slate_page(request, offer, lines, choice, is_saved=is_saved)

    def _slate_page(self, request, offer, lines, choice, **more):
        rows, rules, shares = standing.slate_rows(offer, lines, choice)
        context = {
            "offer": offer,
            "selection": offer.selection,
            "rows": rows,
            "is_tied": any(row.at_line for row in rows),
            "rules": rules,
            "shares": shares,
            "may_choose": request.user.has_perm("craftsmen.settle_slate") and not offer.slate_settled_at,
            "may_settle": request.user.has_perm("craftsmen.settle_slate"),
            "waiting": sum(line.is_waiting for line in lines),
            **more,
        }
        return self.page(request, "admin/craftsmen/offer/slate.html", f"{offer} 拟定名单", **context)

    def slate_act(self, request, pk, act):
        """Save, settle or reopen a slate, by POST; what was typed stays when something stands in the way."""
        return require_POST(self._slate_act)(request, pk, act)

    def _slate_act(self, request, pk, act):
        require(request, "settle_slate")
        offer = find_offer(pk)
        if act == "reopen":
            return self._reopen(request, offer)
        if act not in ("save", "settle"):
            raise Http404("没有这一步")
        lines = slates.lines_of(offer)
        choice, problems = read_choice(request.POST, lines)
        service, done = (
            (slates.settle_slate, "名单已确定。")
            if act == "settle"
            else (slates.save_slate, "已保存，尚未确定。")
        )
        try:
            if problems:
                raise ValidationError(problems)
            service(offer=offer, choice=choice, actor=request.user)
        except ValidationError as error:
            return self._slate_page(
                request, find_offer(pk), lines, choice, problems=error.messages, is_saved=False
            )
        self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:craftsmen_offer_slate", pk)

    def _reopen(self, request, offer):
        try:
            slates.reopen_slate(offer=offer, actor=request.user, reason=request.POST.get("reason", ""))
        except ValidationError as error:
            self.message_user(request, "；".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, "名单已退回重新拟定。", messages.SUCCESS)
        return redirect("admin:craftsmen_offer_slate", offer.pk)


def rule_text(panel):
    """Return how the sheets become a score, with the word that a selection has for its judges."""
    return scoring.describe_panel(panel.rule(), panel.seats).replace("裁判", panel.words.judge)


def expert_steps(offer):
    """Return the Steps of an offer's experts."""
    panel, accepted = offer.panel, offer.nominations.filter(status=Nomination.Status.ACCEPTED).count()
    settled = [f"“{offer}”的名单已经确定。"] if offer.slate_settled_at else []
    steps = []
    if accepted and panel.status != Panel.Status.CLOSED:
        steps.append(Step("shortlist", f"把 {accepted} 名审查通过的列入评审", settled, is_main=True))
    if panel.status == Panel.Status.PREPARING:
        hint = "盲评材料由系统替换姓名和单位，开评前须逐份通读。" if panel.is_blind else ""
        why_not = settled or experts.obstacles_to_open(offer, panel)
        steps.append(Step("open", "开始专家评审", why_not, is_main=not why_not, hint=hint))
    elif panel.status == Panel.Status.OPEN:
        if panel.candidates.filter(is_marked=True, sheets=None).exists():
            why_not = settled or experts.obstacles_to_open(offer, panel)
            hint = "通读新列入的盲评材料之后再发。" if panel.is_blind else ""
            steps.append(Step("open", "给新列入的发评分表", why_not, is_main=True, hint=hint))
        steps.append(Step("close", "截止专家评审", settled, hint="没有提交的评分表不计入。"))
    else:
        why_not = settled or experts.obstacles_to_scores(offer)
        steps.append(Step("scores", "取评审结果并排名", why_not, is_main=True, hint="取平均，不取总和。"))
        steps.append(Step("reopen", "重新打开评审", settled, reason="重新打开的理由"))
    return steps


def take_expert_step(offer, act, actor, data):
    """Do a step and return what to say."""
    reason = data.get("reason", "")
    if act == "shortlist":
        return f"{experts.shortlist(offer=offer, actor=actor)} 名候选人已列入专家评审。"
    if act == "open":
        experts.open_scoring(offer=offer, actor=actor)
        return "专家评审已开始，评分表已发到各位专家。"
    if act == "close":
        experts.close_scoring(offer=offer, actor=actor)
        return "专家评审已截止。"
    if act == "reopen":
        experts.reopen_scoring(offer=offer, actor=actor, reason=reason)
        return "专家评审已重新打开，截止后请重新取分。"
    if act == "scores":
        return f"{len(experts.take_scores(offer=offer, actor=actor))} 人的评审结果已取，可以拟定名单。"
    key = data.get("nomination", "")
    found = offer.nominations.exclude(candidate=None).filter(pk=key if key.isdecimal() else 0)
    nomination = found.first()
    if nomination is None:
        raise ValidationError("没有这一步。")
    if act == "drop":
        experts.drop_from_shortlist(nomination=nomination, actor=actor)
        return f"{nomination.person.name}已退出专家评审。"
    if act != "answer":
        raise ValidationError("没有这一步。")
    answer_spread(candidate=nomination.candidate, actor=actor, answer=reason)
    return "分差说明已登记。"
