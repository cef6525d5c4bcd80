import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from craftsmen.models.selections import EligibilityRule, Offer
from unionportal.people.models import SkillLevel, UnionBody

SHORT_DEEDS = 500
FULL_DEEDS = 2000


class NominationQuerySet(models.QuerySet):
    def live(self):
        """Nominations that somebody still pursues."""
        return self.exclude(status=Nomination.Status.WITHDRAWN)

    def nominated_for(self, user):
        """Those that the user answers for: made by a body the user acts for today, or in the user's own name."""
        own_bodies = UnionBody.objects.kept_by(user).values("pk")
        return self.filter(
            Q(nominated_by=user, channel__in=Nomination.PERSONAL)
            | (Q(body__in=own_bodies) & ~Q(channel__in=Nomination.PERSONAL))
        )

    def visible_to(self, user):
        """One's own, those of the bodies one acts for and of the bodies right below; staff see what was handed in.

        Whoever filled a form in for a union body loses sight of it with the office.
        """
        if not user.is_authenticated:
            return self.none()
        own = self.model.objects.nominated_for(user).values("pk")
        if user.has_perm("craftsmen.view_nomination"):
            reach = Q()
        else:
            bodies = UnionBody.objects.within_reach_of(user).values("pk")
            reach = Q(body__in=bodies) | Q(branch__in=UnionBody.objects.kept_by(user).values("pk"))
        reached = self.model.objects.handed_in().filter(reach).values("pk")
        return self.filter(Q(pk__in=own) | Q(pk__in=reached))

    def handed_in(self):
        """What was shown to others: no drafts, and none withdrawn before it was handed in."""
        status = Nomination.Status
        return self.exclude(status=status.DRAFT).exclude(status=status.WITHDRAWN, submitted_at=None)

    def editable_by(self, user):
        """Drafts, and those sent back to the nominating level, of whoever answers for them."""
        at_hand = Q(status=Nomination.Status.DRAFT) | Q(
            status=Nomination.Status.RETURNED, returned_to=Nomination.Level.UNIT
        )
        return self.nominated_for(user).filter(at_hand)

    def under(self, user):
        """Those that have reached a town or system union which the user acts for."""
        branches = UnionBody.objects.kept_by(user).filter(kind__in=UnionBody.BRANCHES)
        return self.handed_in().filter(branch__in=branches.values("pk"))

    def at_branch(self):
        """Those that wait for the town or system union."""
        return self.filter(
            Q(status=Nomination.Status.SUBMITTED)
            | Q(status=Nomination.Status.RETURNED, returned_to=Nomination.Level.BRANCH)
        )

    def waiting_for_branch(self, user):
        """What waits for the town or system unions that the user acts for."""
        return self.under(user).at_branch()

    def passed_up(self):
        """Those that take up a place of their branch: with the district, not sent back, refused or withdrawn."""
        return self.exclude(branch=None).exclude(status__in=Nomination.TAKES_NO_PLACE)


class Nomination(models.Model):
    """One person proposed for one title (推荐审批表). It asks what the form asks; the Person is not written over."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待镇街（系统）工会审核"
        REVIEWED = "reviewed", "待区总工会审查"
        RETURNED = "returned", "已退回"
        ACCEPTED = "accepted", "资格审查通过"
        INELIGIBLE = "ineligible", "不符合条件"
        SHORTLISTED = "shortlisted", "进入专家评审"
        SCORED = "scored", "评审完成"
        PROPOSED = "proposed", "拟授予"
        RESERVE = "reserve", "递补人选"
        NOT_CHOSEN = "not_chosen", "未入选"
        IN_NOTICE = "in_notice", "公示中"
        CONFERRED = "conferred", "已授予"
        REMOVED = "removed", "公示后移出"
        WITHDRAWN = "withdrawn", "已撤回"

    TAKES_NO_PLACE = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.INELIGIBLE, Status.WITHDRAWN)

    class Channel(models.TextChoices):
        UNIT = "unit", "单位推荐"
        ASSOCIATION = "association", "行业协会推荐"
        EXPERT = "expert", "专家举荐"
        SELF = "self", "职工自荐"

    # In one's own name: no union body fills the form in, so none answers for it.
    PERSONAL = (Channel.EXPERT, Channel.SELF)

    class Level(models.TextChoices):
        UNIT = "unit", "申报单位"
        BRANCH = "branch", "镇街、系统工会"

    class WorkerKind(models.TextChoices):
        REGULAR = "regular", "一般职工"
        MIGRANT = "migrant", "农民工"
        NEW_FORM = "new_form", "新就业形态劳动者"

    class UnitNature(models.TextChoices):
        STATE_OWNED = "state_owned", "国有企业"
        PRIVATE = "private", "非公有制企业"
        PUBLIC = "public", "机关事业单位"
        SOCIAL = "social", "社会组织"
        NONE = "none", "灵活就业"

    class Political(models.TextChoices):
        PARTY = "party", "中共党员"
        PROBATIONARY = "probationary", "中共预备党员"
        LEAGUE = "league", "共青团员"
        DEMOCRATIC = "democratic", "民主党派"
        MASSES = "masses", "群众"

    class Education(models.TextChoices):
        JUNIOR = "junior", "初中及以下"
        SENIOR = "senior", "高中（中专、技校）"
        COLLEGE = "college", "大专（高职）"
        BACHELOR = "bachelor", "本科"
        MASTER = "master", "硕士"
        DOCTOR = "doctor", "博士"

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, verbose_name="申报称号", related_name="nominations")
    person = models.ForeignKey(
        "people.Person", models.PROTECT, verbose_name="申报人", related_name="nominations"
    )
    channel = models.CharField("推荐渠道", max_length=12, choices=Channel, default=Channel.UNIT)
    body = models.ForeignKey(
        UnionBody,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="推荐的工会或协会",
        related_name="nominations",
    )
    branch = models.ForeignKey(
        UnionBody,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="镇街、系统工会",
        related_name="nominations_below",
        editable=False,
    )
    nominated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="填报人", related_name="nominations"
    )
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    returned_to = models.CharField("退回至", max_length=10, choices=Level, blank=True, editable=False)
    return_reason = models.CharField("退回理由", max_length=500, blank=True, editable=False)
    version = models.PositiveIntegerField("版本", default=0, editable=False)

    # The person as the form states them on its day.
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    unit_name = models.CharField("单位名称", max_length=100, blank=True)
    unit_nature = models.CharField("单位性质", max_length=12, choices=UnitNature, blank=True)
    sector = models.ForeignKey(
        "people.Sector", models.PROTECT, null=True, blank=True, verbose_name="产业/行业", related_name="+"
    )
    occupation = models.CharField("工种（岗位）", max_length=50, blank=True)
    post = models.CharField("职务、职称", max_length=100, blank=True)
    skill_level = models.CharField("职业技能等级", max_length=20, choices=SkillLevel, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True, default="汉族")
    political = models.CharField("政治面貌", max_length=12, choices=Political, blank=True)
    education = models.CharField("学历", max_length=10, choices=Education, blank=True)
    worked_since = models.DateField("参加工作时间", null=True, blank=True)
    trade_since = models.DateField("从事本工种时间", null=True, blank=True)
    district_since = models.DateField("在本区工作时间", null=True, blank=True)
    worker_kind = models.CharField("用工类别", max_length=10, choices=WorkerKind, default=WorkerKind.REGULAR)
    is_union_member = models.BooleanField("工会会员", null=True)
    is_front_line = models.BooleanField("一线职工", null=True)
    is_manager = models.BooleanField("单位负责人", default=False)

    resume = models.TextField("个人简历", blank=True)
    rewards_and_penalties = models.TextField("奖惩情况", blank=True)
    honours = models.TextField("所获荣誉", blank=True)
    short_deeds = models.TextField(
        "事迹简介", blank=True, max_length=SHORT_DEEDS, help_text=f"不超过 {SHORT_DEEDS} 字"
    )
    full_deeds = models.TextField(
        "详细事迹", blank=True, max_length=FULL_DEEDS, help_text=f"不超过 {FULL_DEEDS} 字"
    )
    unique_skill = models.TextField("绝技绝活", blank=True)
    achievements = models.TextField("创新成果", blank=True)
    apprentices = models.TextField("传承带徒", blank=True)
    photo = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="照片", related_name="+"
    )

    unit_opinion = models.TextField("单位意见", blank=True)
    unit_notice_from = models.DateField("单位公示开始", null=True, blank=True)
    unit_notice_to = models.DateField("单位公示结束", null=True, blank=True)
    unit_notice_result = models.CharField("单位公示结果", max_length=200, blank=True)
    consents_to_publication = models.BooleanField("本人同意公示和宣传", default=False)
    consented_at = models.DateTimeField("同意时间", null=True, blank=True, editable=False)

    branch_opinion = models.TextField("镇街、系统工会意见", blank=True)
    branch_rank = models.PositiveSmallIntegerField("推荐排序", null=True, blank=True)
    ineligible_reason = models.CharField("不符合条件的理由", max_length=500, blank=True, editable=False)
    withdrawn_reason = models.CharField("撤回理由", max_length=300, blank=True, editable=False)

    candidate = models.OneToOneField(
        "panels.Candidate",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="评审对象",
        related_name="nomination",
        editable=False,
    )
    notice = models.ForeignKey(
        "notices.PublicNotice",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="公示",
        related_name="nominations",
        editable=False,
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = NominationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申报推荐"
        ordering = ["offer", F("branch_rank").asc(nulls_last=True), "pk"]
        permissions = [
            ("review_nominations", "审查申报推荐"),
            ("settle_slate", "确定拟授予名单"),
            ("confer_titles", "授予称号"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "person"],
                condition=~Q(status="withdrawn"),
                name="one_live_nomination_per_person_and_offer",
            ),
            models.UniqueConstraint(
                fields=["offer", "branch", "branch_rank"],
                condition=Q(branch_rank__isnull=False) & ~Q(status__in=["withdrawn", "returned"]),
                name="no_two_nominations_of_a_branch_share_a_rank",
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | (~Q(returned_to="") & ~Q(return_reason="")),
                name="returned_nomination_says_where_and_why",
            ),
            models.CheckConstraint(
                condition=Q(unit_notice_from=None)
                | Q(unit_notice_to=None)
                | Q(unit_notice_to__gte=F("unit_notice_from")),
                name="unit_notice_ends_after_it_starts",
                violation_error_message="单位公示结束不能早于开始。",
            ),
        ]

    def __str__(self):
        return f"{self.person.name}（{self.offer}）"

    def get_absolute_url(self):
        return reverse("nominations:nomination_detail", args=[self.uuid])


class NominationFile(models.Model):
    """A paper that belongs to a nomination: a picture, evidence, or the stamped form."""

    class Kind(models.TextChoices):
        PHOTO = "photo", "工作照"
        EVIDENCE = "evidence", "证明材料"
        UNIT_FORM = "unit_form", "单位盖章的推荐审批表"
        BRANCH_FORM = "branch_form", "镇街、系统工会盖章的推荐汇总表"

    nomination = models.ForeignKey(Nomination, models.CASCADE, verbose_name="申报", related_name="files")
    kind = models.CharField("类别", max_length=12, choices=Kind)
    file = models.ForeignKey("files.StoredFile", models.PROTECT, verbose_name="文件", related_name="+")
    rule = models.ForeignKey(
        EligibilityRule,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="证明哪一条",
        related_name="+",
    )
    caption = models.CharField("说明", max_length=100, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "申报材料"
        ordering = ["nomination", "kind", "position", "pk"]

    def __str__(self):
        return self.caption or f"{self.get_kind_display()}：{self.file}"
