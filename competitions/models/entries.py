from django.db import models
from django.db.models import Q

from competitions.models.setup import Event, Module, Stage
from unionportal.people.models import SkillLevel


class EntryQuerySet(models.QuerySet):
    def live(self):
        """Entries that stand: neither withdrawn nor returned for good."""
        return self.exclude(status=Entry.Status.WITHDRAWN)


class Entry(models.Model):
    """A person, or a team, in an event. Unit, occupation and level are those of the day of entry."""

    class Status(models.TextChoices):
        PENDING = "pending", "待审核"
        ACCEPTED = "accepted", "已通过"
        RETURNED = "returned", "退回修改"
        WITHDRAWN = "withdrawn", "已撤回"

    class Source(models.TextChoices):
        WORKER = "worker", "本人网上报名"
        LIAISON = "liaison", "单位代报"
        ROSTER = "roster", "名册导入"
        STAFF = "staff", "后台录入"

    event = models.ForeignKey(Event, models.PROTECT, verbose_name="赛项", related_name="entries")
    number = models.CharField("参赛编号", max_length=30)
    person = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="选手", related_name="entries"
    )
    team_name = models.CharField("队名", max_length=50, blank=True)
    unit = models.ForeignKey("people.Unit", models.PROTECT, verbose_name="单位", related_name="+")
    unit_name = models.CharField("报名时的单位名称", max_length=100)
    occupation = models.CharField("工种", max_length=50, blank=True)
    skill_level = models.CharField("职业技能等级", max_length=20, choices=SkillLevel, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PENDING)
    source = models.CharField("来源", max_length=10, choices=Source, default=Source.STAFF)
    is_guest = models.BooleanField("表演赛（不计名次）", default=False)
    reason = models.CharField("退回、撤回或补报名理由", max_length=300, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    created_at = models.DateTimeField("报名时间", auto_now_add=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "参赛"
        ordering = ["event", "number"]
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="one_entry_per_number"),
            models.UniqueConstraint(
                fields=["event", "person"],
                condition=~Q(status="withdrawn"),
                name="one_live_entry_per_person_per_event",
                violation_error_message="这名职工已报名本赛项。",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, team_name="") | (Q(person=None) & ~Q(team_name="")),
                name="entry_is_of_a_person_or_of_a_team",
                violation_error_message="个人赛填选手，团体赛填队名，二者填一项。",
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | ~Q(reason=""), name="returned_entry_has_a_reason"
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.label}"

    @property
    def label(self):
        """The contestant's or the team's name."""
        return self.team_name or (self.person.name if self.person else "（未填）")


class EntryMember(models.Model):
    """A member of a team."""

    entry = models.ForeignKey(Entry, models.CASCADE, verbose_name="参赛队", related_name="members")
    person = models.ForeignKey("people.Person", models.PROTECT, verbose_name="队员", related_name="+")
    position = models.PositiveSmallIntegerField("次序", default=1)
    is_leader = models.BooleanField("领队", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "队员"
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "person"], name="one_place_per_person_in_a_team"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(is_leader=True), name="one_leader_per_team"
            ),
        ]

    def __str__(self):
        return self.person.name


class Appearance(models.Model):
    """An entry in one stage."""

    class Status(models.TextChoices):
        PRESENT = "present", "正常"
        ABSENT = "absent", "缺赛"
        WITHDRAWN = "withdrawn", "弃权"
        DISQUALIFIED = "disqualified", "取消比赛资格"

    entry = models.ForeignKey(Entry, models.PROTECT, verbose_name="参赛", related_name="appearances")
    stage = models.ForeignKey(Stage, models.PROTECT, verbose_name="轮次", related_name="appearances")
    order = models.PositiveSmallIntegerField("出场顺序号", null=True, blank=True)
    station = models.CharField("赛位号", max_length=20, blank=True)
    code = models.CharField("参赛加密号", max_length=20, null=True, blank=True)
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.PRESENT)
    status_reason = models.CharField("缺赛、弃权或取消资格的说明", max_length=300, blank=True)
    decided_place = models.PositiveSmallIntegerField("同分裁定次序", null=True, blank=True)
    decided_reason = models.CharField("裁定理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "出场"
        ordering = ["stage", "order", "entry__number"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "entry"], name="one_appearance_per_entry_and_stage"),
            # Redrawn as a whole, so that two may swap numbers: checked at the end of the transaction.
            models.UniqueConstraint(
                fields=["stage", "order"],
                name="one_appearance_per_order",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["stage", "code"],
                name="one_appearance_per_code",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(status="present") | ~Q(status_reason=""), name="missing_appearance_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(decided_place=None) | ~Q(decided_reason=""), name="decided_place_has_a_reason"
            ),
        ]

    def __str__(self):
        return str(self.entry)


class Attempt(models.Model):
    """One go at a stage. A re-run is a second attempt: the first stays readable and does not count."""

    appearance = models.ForeignKey(Appearance, models.CASCADE, verbose_name="出场", related_name="attempts")
    number = models.PositiveSmallIntegerField("第几次", default=1)
    is_counted = models.BooleanField("计入成绩", default=True)
    seconds = models.PositiveIntegerField("用时（秒）", null=True, blank=True)
    reason = models.CharField("重赛理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "场次"
        ordering = ["appearance", "number"]
        constraints = [
            models.UniqueConstraint(fields=["appearance", "number"], name="one_attempt_per_number"),
            models.UniqueConstraint(
                fields=["appearance"], condition=Q(is_counted=True), name="one_counted_attempt_per_appearance"
            ),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="second_attempt_has_a_reason"),
        ]

    def __str__(self):
        return f"{self.appearance} 第 {self.number} 次"


class ModuleScore(models.Model):
    """What an attempt has in a module: an exam mark on the scale of 100, or a panel's candidate."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, verbose_name="场次", related_name="module_scores")
    module = models.ForeignKey(Module, models.PROTECT, verbose_name="模块", related_name="scores")
    exam_score = models.DecimalField("考试成绩", max_digits=6, decimal_places=2, null=True, blank=True)
    candidate = models.OneToOneField(
        "panels.Candidate",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="评审对象",
        related_name="module_score",
    )

    class Meta:
        verbose_name = verbose_name_plural = "模块成绩"
        constraints = [
            models.UniqueConstraint(fields=["attempt", "module"], name="one_score_per_attempt_and_module"),
            models.CheckConstraint(
                condition=Q(exam_score__isnull=False, candidate=None)
                | Q(exam_score=None, candidate__isnull=False),
                name="module_score_is_an_exam_mark_or_a_candidate",
            ),
            models.CheckConstraint(
                condition=Q(exam_score=None) | Q(exam_score__gte=0, exam_score__lte=100),
                name="exam_score_is_on_100",
            ),
        ]

    def __str__(self):
        return f"{self.attempt} {self.module}"
