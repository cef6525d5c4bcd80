"""Accounts and persons in the admin: questions that wait for staff, and the number a worker signs in with."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from unionportal.audit.admin_base import ReadOnlyAdmin
from unionportal.audit.admin_steps import Step, SteppingAdmin, record_url
from unionportal.people import claims, phones
from unionportal.people.account_forms import LoginPhoneForm
from unionportal.people.models import Claim, Person

BASIS = "核实依据（如：本人到场，核对身份证）"


@admin.register(Claim)
class ClaimAdmin(SteppingAdmin, ReadOnlyAdmin):
    """One question a row; its page offers every record that the account may be."""

    list_display = ["account_name", "ground", "unit_name", "status", "made_at", "decided_by"]
    list_filter = ["status", "ground"]
    list_select_related = ["user__person__unit", "decided_by"]
    search_fields = ["user__name"]
    fields = [
        "account_name",
        "own_unit",
        "phone",
        "id_number",
        "ground",
        "status",
        "made_at",
        *("person", "reason"),
    ]
    readonly_fields = ["account_name", "own_unit", "phone", "id_number"]

    @admin.display(description="账号姓名", ordering="user__name")
    def account_name(self, claim):
        return claim.user.name

    @admin.display(description="单位")
    def unit_name(self, claim):
        person = own_person(claim)
        return (person and (person.unit or person.unit_claimed)) or "—"

    @admin.display(description="注册时所填单位")
    def own_unit(self, claim):
        person = own_person(claim)
        if person is None:
            return "没有档案"
        flexible = "灵活就业" if person.is_flexible else "未填"
        return person.unit or (f"{person.unit_claimed}（自填）" if person.unit_claimed else flexible)

    @admin.display(description="登录手机号")
    def phone(self, claim):
        return claim.user.masked_phone or "—"

    @admin.display(description="所填身份证号")
    def id_number(self, claim):
        return claim.masked_id_number or "—（已办理或未填）"

    def standing(self, request, claim):
        is_waiting = claim.status == Claim.Status.WAITING
        steps = steps_of(claim) if is_waiting else []
        return {"steps": steps, "step_url": "admin:people_claim_step"}

    def take_step(self, request, claim, act, reason):
        """Do what a button says: `refuse`, `new`, or join-KEY and take-KEY of a person whom the page has offered."""
        if act == "refuse":
            return "已登记为不关联。", claims.refuse_claim(claim=claim, actor=request.user, reason=reason)
        if act == "new" and own_person(claim) is None:
            settled = claims.settle_claim(claim=claim, person=None, actor=request.user, reason=reason)
            return "已为本人建立档案，并已通知。", settled
        verb, _, key = act.partition("-")
        person = next((item for item in offered(claim) if str(item.pk) == key), None)
        if verb not in ("join", "take") or person is None:
            raise Http404("没有这一步")
        settled = claims.settle_claim(
            claim=claim, person=person, actor=request.user, reason=reason, takes_over=verb == "take"
        )
        return f"账号已关联“{person.name}”，并已通知本人。", settled


def own_person(claim):
    """Return the record that the account of a claim has now, or None."""
    return getattr(claim.user, "person", None)


def offered(claim):
    """Return the persons that the account of a claim may be: by ID number, by name and unit or phone, its own."""
    own = own_person(claim)
    found = []
    if claim.id_number:
        holders = Person.objects.with_id_number(claim.id_number).select_related(
            "merged_into__unit", "unit", "user"
        )
        found += [person.merged_into or person for person in holders]
    if own:
        found += claims.possible_duplicates(own).select_related("unit", "user")[:8]
    if own and claim.id_number:
        found.append(own)
    return list({person.pk: person for person in found}.values())


def steps_of(claim):
    """Return the buttons of a waiting claim: one for each person it may be, and the refusal."""
    steps, own = [], own_person(claim)
    for person in offered(claim):
        where = f"{person.unit or '单位未登记'}，手机尾号 {person.phone_tail or '无'}"
        if own and person.pk == own.pk:
            hint = "以上几份都不是本人时用" if steps else "本站没有这个人的其他档案"
            steps.append(Step(f"join-{person.pk}", "把身份证号登记到本人现有档案", reason=BASIS, hint=hint))
            continue
        is_same = claim.id_number and person.id_number_hash and person.id_number == claim.id_number
        hint = "身份证号一致" if is_same else "同名，身份证号未比对上"
        if person.user_id:
            label = f"{person.name}（{where}）改为关联本账号"
            steps.append(
                Step(f"take-{person.pk}", label, reason=BASIS, hint=f"{hint}；现已关联另一个账号，将先解除")
            )
        else:
            label = f"关联到 {person.name}（{where}）"
            steps.append(Step(f"join-{person.pk}", label, reason=BASIS, hint=hint, is_main=is_same))
    if own is None and not steps:
        steps.append(Step("new", "为本人建立档案并登记身份证号", reason=BASIS, hint="本站没有这个人的档案"))
    is_double = claim.ground == Claim.Ground.DUPLICATE
    refusal = "不是同一人，各用各的档案" if is_double else "不予关联"
    return [*steps, Step("refuse", refusal, reason="理由（只留存备查）")]


class LoginPhonePages:
    """Mixed into the admin of persons: the page on which the number a worker signs in with is changed."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.login_phone)
        return [path("<path:object_id>/phone/", view, name="people_person_phone"), *super().get_urls()]

    def login_phone(self, request, object_id):
        """Change the log-in phone of a person's account; the old number is told."""
        if not request.user.has_perm("people.change_login_phone"):
            raise PermissionDenied
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404("没有这条记录")
        form = LoginPhoneForm(request.POST or None)
        if person.user and form.is_valid():
            try:
                phones.change_login_phone(user=person.user, actor=request.user, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.message_user(request, "登录手机号已更换，原号码和本人已收到通知。", messages.SUCCESS)
                return redirect(record_url(person))
        context = {
            **self.admin_site.each_context(request),
            "title": f"更换登录手机号：{person.name}",
            "person": person,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/people/person/phone.html", context)
