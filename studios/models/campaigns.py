import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from studios.models.studios import YEARS, Recognition, Studio
from unionportal.people.models import UnionBody


class CampaignQuerySet(models.QuerySet):
    def open_for_applications(self, today=None):
        """Announced campaigns whose window is open today."""
        today = today or timezone.localdate()
        return self.filter(status=Campaign.Status.ANNOUNCED, opens_on__lte=today, closes_on__gte=today)


class Campaign(models.Model):
    """One round of recognition (认定批次). What it asks for is in its own fields, never in code."""

    class Status(models.TextChoices):
        DRAFT = "draft", "筹备中"
        ANNOUNCED = "announced", "已公告"
        CLOSED = "closed", "已结束"

    title = models.CharField("名称", max_length=120)
    year = models.PositiveSmallIntegerField("年份", validators=YEARS)
    level = models.CharField(
        "认定级别", max_length=10, choices=Recognition.Level, default=Recognition.Level.DISTRICT
    )
    basis = models.CharField("依据", max_length=300, blank=True)
    introduction = models.TextField("申报通知", blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    opens_on = models.DateField("申报开始")
    closes_on = models.DateField("申报截止")
    quota = models.PositiveSmallIntegerField(
        "拟认定数量", null=True, blank=True, validators=[MinValueValidator(1)], help_text="留空则不限"
    )
    valid_years = models.PositiveSmallIntegerField(
        "认定有效年数",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="留空则长期有效",
    )
    needs_honour = models.BooleanField("负责人须有荣誉或技能等级", default=True)
    least_team = models.PositiveSmallIntegerField("团队人数不少于", null=True, blank=True, default=5)
    least_area = models.PositiveIntegerField("场地面积不少于（平方米）", null=True, blank=True)
    needs_plan = models.BooleanField("须有工作规划", default=True)
    least_projects = models.PositiveSmallIntegerField("攻关课题不少于（项）", null=True, blank=True)
    least_results = models.PositiveSmallIntegerField("创新成果不少于（项）", null=True, blank=True)
    least_funds = models.PositiveIntegerField("年度经费不少于（元）", null=True, blank=True)
    needs_visit = models.BooleanField("须实地考察", default=True)
    pass_score = models.DecimalField("入围分数线", max_digits=5, decimal_places=2, null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField("公示工作日数", default=5)
    contact_phone = models.CharField("咨询电话", max_length=50, blank=True)
    panel = models.OneToOneField(
        "panels.Panel",
        models.PROTECT,
        verbose_name="专家评审组",
        related_name="studio_campaign",
        editable=False,
    )
    meeting_body = models.CharField("审定会议", max_length=150, blank=True, editable=False)
    meeting_on = models.DateField("会议日期", null=True, blank=True, editable=False)
    minutes_number = models.CharField("会议纪要编号", max_length=50, blank=True, editable=False)
    notice = models.ForeignKey(
        "notices.PublicNotice",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="公示",
        related_name="+",
        editable=False,
    )
    document_title = models.CharField("认定文件", max_length=200, blank=True, editable=False)
    document_number = models.CharField("文号", max_length=50, blank=True, editable=False)
    document_on = models.DateField("成文日期", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "认定批次"
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")),
                name="campaign_closes_after_it_opens",
                violation_error_message="申报截止不能早于申报开始。",
            ),
            models.CheckConstraint(condition=Q(notice_days__gte=1), name="campaign_notice_lasts_a_day"),
            models.CheckConstraint(
                condition=Q(meeting_on=None) | (~Q(meeting_body="") & ~Q(minutes_number="")),
                name="campaign_meeting_has_minutes",
            ),
            models.CheckConstraint(
                condition=Q(document_on=None) | ~Q(document_number=""), name="naming_has_a_document_number"
            ),
        ]

    def __str__(self):
        return self.title


class StudioApplicationQuerySet(models.QuerySet):
    def live(self):
        """Applications that somebody still pursues."""
        return self.exclude(status=StudioApplication.Status.WITHDRAWN)

    def handed_in(self):
        """What the body has shown to others: no drafts, and none withdrawn before it was handed in."""
        status = StudioApplication.Status
        return self.exclude(status=status.DRAFT).exclude(status=status.WITHDRAWN, submitted_at=None)

    def kept_for(self, user):
        """Those of the union bodies that the user acts for today."""
        return self.filter(body__in=UnionBody.objects.kept_by(user).values("pk"))

    def visible_to(self, user):
        """One's own body's and those of the bodies right below; staff see what was handed in."""
        if not user.is_authenticated:
            return self.none()
        reach = self.model.objects.handed_in()
        if not user.has_perm("studios.view_studioapplication"):
            reach = reach.filter(body__in=UnionBody.objects.within_reach_of(user).values("pk"))
        own = self.model.objects.kept_for(user)
        return self.filter(Q(pk__in=own.values("pk")) | Q(pk__in=reach.values("pk")))


class StudioApplication(models.Model):
    """A union body applies for a studio of its unit: a new one, or one it has, for a further level."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        APPLIED = "applied", "待初审"
        RETURNED = "returned", "已退回"
        ACCEPTED = "accepted", "初审通过"
        REVIEWING = "reviewing", "专家评审中"
        SCORED = "scored", "评审完成"
        PROPOSED = "proposed", "拟认定"
        NOT_CHOSEN = "not_chosen", "未入选"
        IN_NOTICE = "in_notice", "公示中"
        NAMED = "named", "已认定"
        REMOVED = "removed", "公示后移出"
        REJECTED = "rejected", "初审未通过"
        WITHDRAWN = "withdrawn", "已撤回"

    AT_HAND = (Status.DRAFT, Status.RETURNED)
    BEFORE_NOTICE = (
        *AT_HAND,
        Status.APPLIED,
        Status.ACCEPTED,
        Status.REVIEWING,
        Status.SCORED,
        Status.PROPOSED,
        Status.NOT_CHOSEN,
    )

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, verbose_name="认定批次", related_name="applications"
    )
    studio = models.ForeignKey(
        Studio,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="已有的工作室",
        related_name="applications",
        help_text="已在台账中的工作室申报更高级别时选择",
    )
    body = models.ForeignKey(
        UnionBody, models.PROTECT, verbose_name="申报工会", related_name="studio_applications"
    )
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="填报人", related_name="studio_applications"
    )
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    version = models.PositiveIntegerField("版本", default=0, editable=False)
    name = models.CharField("工作室名称", max_length=100)
    kind = models.CharField("类别", max_length=10, choices=Studio.Kind, default=Studio.Kind.STAFF)
    host_unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="所在单位", related_name="+"
    )
    leader = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="负责人", related_name="+"
    )
    leader_post = models.CharField("负责人岗位、职称", max_length=100, blank=True)
    sector = models.ForeignKey(
        "people.Sector", models.PROTECT, null=True, blank=True, verbose_name="产业/行业", related_name="+"
    )
    field = models.CharField("创新领域", max_length=100, blank=True)
    founded_on = models.DateField("成立日期", null=True, blank=True)
    address = models.CharField("地址", max_length=150, blank=True)
    phone = models.CharField("办公电话", max_length=30, blank=True)
    team = models.TextField("团队成员", blank=True, help_text="一人一行：姓名，岗位或职称（负责人不用写）")
    equipment = models.TextField("场地与设备", blank=True)
    story = models.TextField("工作室简介", blank=True, max_length=2000)
    goals = models.TextField("目标与任务", blank=True, max_length=2000)
    unit_opinion = models.TextField("单位意见", blank=True, max_length=500)
    return_reason = models.CharField("退回理由", max_length=500, blank=True, editable=False)
    rejected_reason = models.CharField("未通过的理由", max_length=500, blank=True, editable=False)
    withdrawn_reason = models.CharField("撤回理由", max_length=300, blank=True, editable=False)
    score = models.DecimalField(
        "平均分", max_digits=6, decimal_places=2, null=True, blank=True, editable=False
    )
    rank = models.PositiveSmallIntegerField("名次", null=True, blank=True, editable=False)
    choice_reason = models.CharField("与名次不一致的理由", max_length=300, blank=True, editable=False)
    candidate = models.OneToOneField(
        "panels.Candidate",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="评审对象",
        related_name="studio_application",
        editable=False,
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = StudioApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作室申报"
        ordering = ["campaign", F("rank").asc(nulls_last=True), "pk"]
        permissions = [("review_applications", "审查工作室申报"), ("name_studios", "确定名单和认定")]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "studio"],
                condition=Q(studio__isnull=False) & ~Q(status="withdrawn"),
                name="one_live_application_per_studio_and_campaign",
                violation_error_message="这个工作室在本批次已有申报。",
            ),
            models.UniqueConstraint(
                fields=["campaign", "body", "name"],
                condition=~Q(status="withdrawn"),
                name="one_live_application_per_name_and_body",
                violation_error_message="本批次已有同名的申报。",
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | ~Q(return_reason=""),
                name="returned_application_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="rejected") | ~Q(rejected_reason=""),
                name="rejected_application_has_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.name}（{self.campaign}）"

    def get_absolute_url(self):
        return reverse("applications:application_detail", args=[self.uuid])

    @property
    def team_lines(self):
        """The members as (name, post) pairs, without the leader."""
        lines = [line.strip() for line in self.team.splitlines() if line.strip()]
        return [tuple(part.strip() for part in line.replace("，", ",").partition(",")[::2]) for line in lines]


class ConditionAnswer(models.Model):
    """What an application says to one condition of its campaign, with a number where one is asked for."""

    class Condition(models.TextChoices):
        HONOUR = "honour", "负责人荣誉"
        TEAM = "team", "团队"
        PLACE = "place", "场地"
        PLAN = "plan", "工作规划"
        PROJECTS = "projects", "攻关课题"
        RESULTS = "results", "创新成果"
        FUNDS = "funds", "经费保障"

    application = models.ForeignKey(
        StudioApplication, models.CASCADE, verbose_name="申报", related_name="answers"
    )
    condition = models.CharField("条件", max_length=10, choices=Condition)
    number = models.PositiveIntegerField("数量", null=True, blank=True)
    text = models.TextField("说明", blank=True, max_length=1000)

    class Meta:
        verbose_name = verbose_name_plural = "条件自查"
        ordering = ["application", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "condition"], name="one_answer_per_condition_of_an_application"
            )
        ]

    def __str__(self):
        return self.get_condition_display()


class ApplicationFile(models.Model):
    """A paper of an application: evidence for a condition, a photograph, or the stamped form."""

    class Kind(models.TextChoices):
        EVIDENCE = "evidence", "证明材料"
        PHOTO = "photo", "照片"
        FORM = "form", "盖章的申报表"

    application = models.ForeignKey(
        StudioApplication, models.CASCADE, verbose_name="申报", related_name="files"
    )
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.EVIDENCE)
    condition = models.CharField("证明", max_length=10, choices=ConditionAnswer.Condition, blank=True)
    file = models.ForeignKey("files.StoredFile", models.PROTECT, verbose_name="文件", related_name="+")
    caption = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "申报材料"
        ordering = ["application", "condition", "pk"]

    def __str__(self):
        return self.caption or self.get_kind_display()


class SiteVisit(models.Model):
    """A visit to where the studio works (实地考察), before it may be proposed."""

    class Finding(models.TextChoices):
        CONFIRMED = "confirmed", "与申报相符"
        DIFFERS = "differs", "与申报不符"

    application = models.ForeignKey(
        StudioApplication, models.CASCADE, verbose_name="申报", related_name="visits"
    )
    visited_on = models.DateField("考察日期")
    visitors = models.CharField("考察人员", max_length=200)
    report = models.TextField("考察情况")
    finding = models.CharField("结论", max_length=10, choices=Finding, default=Finding.CONFIRMED)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        verbose_name="填写人",
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = verbose_name_plural = "实地考察"
        ordering = ["-visited_on", "-pk"]

    def __str__(self):
        return f"{self.application.name} {self.visited_on}"


class VisitPhoto(models.Model):
    """A photograph taken at a site visit; private."""

    visit = models.ForeignKey(SiteVisit, models.CASCADE, verbose_name="实地考察", related_name="photos")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, verbose_name="照片", related_name="+")
    caption = models.CharField("说明", max_length=150, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "考察照片"
        ordering = ["visit", "pk"]

    def __str__(self):
        return self.caption or "考察照片"
