import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from unionportal.panels.models.rubric import Panel


class Candidate(models.Model):
    """What a panel marks: a contestant's attempt, a nomination, an application."""

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    panel = models.ForeignKey(Panel, models.CASCADE, verbose_name="评审组", related_name="candidates")
    code = models.CharField("加密号", max_length=20, null=True, blank=True)
    order = models.PositiveSmallIntegerField("出场顺序", null=True, blank=True)
    station = models.CharField("赛位", max_length=20, blank=True)
    label = models.CharField("显示名", max_length=100)
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    people = models.ManyToManyField("people.Person", verbose_name="人员", related_name="+", blank=True)
    brief = models.TextField("评审材料", blank=True, help_text="单独成行的【小标题】显示为标题。")
    blind_brief = models.TextField(
        "盲评材料", blank=True, help_text="不得出现姓名与单位；单独成行的【小标题】显示为标题。"
    )
    is_marked = models.BooleanField("参加评分", default=True, help_text="缺赛、取消资格的不评分")
    spread_answer = models.CharField("分差说明", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "评审对象"
        ordering = ["panel", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "code"],
                name="one_candidate_per_code_in_a_panel",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self):
        return (self.code or "（未编号）") if self.panel.is_blind else self.label


class CandidateFileQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Files of candidates whom this user marks: a seat not left, no recusal, and while blind only what is blind."""
        seat = Assignment.objects.filter(user=user, ended_at=None, panel=OuterRef("candidate__panel"))
        recused = Recusal.objects.filter(
            candidate=OuterRef("candidate"), assignment__user=user, assignment__ended_at=None
        )
        return (
            self.filter(Exists(seat), Q(candidate__panel__is_blind=False) | Q(is_blind_safe=True))
            .exclude(candidate__panel__status=Panel.Status.PREPARING)
            .exclude(Exists(recused))
        )


class CandidateFile(models.Model):
    """A private file that goes with a candidate, for the judges to read. Sent under its label, never its own name."""

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    candidate = models.ForeignKey(Candidate, models.CASCADE, verbose_name="评审对象", related_name="files")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, verbose_name="文件", related_name="+")
    label = models.CharField("名称", max_length=100, help_text="盲评时不得出现姓名与单位")
    is_blind_safe = models.BooleanField("盲评时可看", default=False, help_text="文件内容也不透露姓名与单位")

    objects = CandidateFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评审附件"
        ordering = ["candidate", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "file"], name="one_line_per_file_of_a_candidate")
        ]

    def __str__(self):
        return self.label


class Judge(models.Model):
    """What makes a user eligible to judge, and what recusal is computed from."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="账号", related_name="judge"
    )
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    sectors = models.ManyToManyField("people.Sector", verbose_name="专业领域", blank=True, related_name="+")
    qualification = models.CharField("资格", max_length=100, blank=True)
    valid_until = models.DateField("资格有效期至", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "裁判与评委"
        ordering = ["user__name"]

    def __str__(self):
        return self.user.name


class DeclaredTie(models.Model):
    """A relation that a judge or staff declared: the judge may not mark this person."""

    class Kind(models.TextChoices):
        MASTER = "master", "师徒"
        RELATIVE = "relative", "亲属"
        OTHER = "other", "其他利害关系"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="裁判", related_name="declared_ties"
    )
    person = models.ForeignKey("people.Person", models.CASCADE, verbose_name="职工", related_name="+")
    kind = models.CharField("关系", max_length=10, choices=Kind)

    class Meta:
        verbose_name = verbose_name_plural = "申报关系"
        constraints = [models.UniqueConstraint(fields=["user", "person"], name="one_declared_tie_per_pair")]

    def __str__(self):
        return f"{self.user.name} — {self.person.name}（{self.get_kind_display()}）"


class Assignment(models.Model):
    """A judge's seat. A paper judge has no account: somebody types the signed sheets in."""

    class Role(models.TextChoices):
        CHIEF = "chief", "裁判长"
        JUDGE = "judge", "裁判员"

    panel = models.ForeignKey(Panel, models.CASCADE, verbose_name="评审组", related_name="assignments")
    seat = models.PositiveSmallIntegerField("席位")
    label = models.CharField("显示名", max_length=50)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="账号",
        related_name="assignments",
    )
    role = models.CharField("职责", max_length=10, choices=Role, default=Role.JUDGE)
    is_marking = models.BooleanField("参加打分", default=True)
    ended_at = models.DateTimeField("退出时间", null=True, blank=True)
    reason = models.CharField("退出理由", max_length=300, blank=True)
    set_aside_at = models.DateTimeField("评分表全部不计的时间", null=True, blank=True)
    set_aside_reason = models.CharField("不计的理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "裁判席位"
        ordering = ["panel", "seat", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "seat"],
                condition=Q(ended_at=None),
                name="one_judge_at_a_time_per_seat",
                violation_error_message="这个席位已有裁判；要换人，请用“更换”并写明理由。",
            ),
            models.UniqueConstraint(
                fields=["panel", "user"],
                condition=Q(ended_at=None),
                name="one_seat_per_user_in_a_panel",
                violation_error_message="这名裁判在本评审组已有席位，请选择另一名裁判。",
            ),
            models.UniqueConstraint(
                fields=["panel"],
                condition=Q(role="chief", ended_at=None),
                name="one_chief_judge_per_panel",
                violation_error_message="本评审组已有裁判长，请把职责改为裁判员。",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(reason=""), name="ended_assignment_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at=None) | ~Q(set_aside_reason=""),
                name="set_aside_assignment_has_a_reason",
            ),
        ]

    def __str__(self):
        return self.label

    def clean(self):
        if self.ended_at is None and self.user_id:
            judge = Judge.objects.filter(user=self.user_id).select_related("user").first()
            if judge and judge.valid_until and judge.valid_until < timezone.localdate():
                until = f"{judge.valid_until:%Y-%m-%d}"
                raise ValidationError(
                    {"user": f"“{judge}”的裁判资格已于 {until} 到期，请先更新资格有效期，或安排其他裁判。"}
                )
        if self.ended_at is None and self.is_marking and self.panel_id:
            seated = self.panel.assignments.filter(ended_at=None, is_marking=True).exclude(pk=self.pk)
            if seated.count() >= self.panel.seats:
                raise ValidationError(
                    {
                        "seat": f"“{self.panel}”只设 {self.panel.seats} 个打分席位，已经满了；不打分的不占席位。"
                    }
                )


class Recusal(models.Model):
    """A judge may not mark this candidate."""

    class Ground(models.TextChoices):
        SAME_UNIT = "same_unit", "同单位"
        DECLARED = "declared", "申报关系"
        ADDED = "added", "人工添加"

    assignment = models.ForeignKey(Assignment, models.CASCADE, verbose_name="席位", related_name="recusals")
    candidate = models.ForeignKey(Candidate, models.CASCADE, verbose_name="评审对象", related_name="recusals")
    ground = models.CharField("事由", max_length=10, choices=Ground)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "回避"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "candidate"], name="one_recusal_per_pair")
        ]

    def __str__(self):
        return f"{self.assignment} 回避（{self.get_ground_display()}）"
