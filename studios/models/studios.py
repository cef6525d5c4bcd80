from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from unionportal.common.fields import MatchKeyField, PinyinField
from unionportal.common.identity import match_key
from unionportal.people.models import UnionBody

# What may be a year of the union's work: 25 and 20255 are slips of the hand.
YEARS = [MinValueValidator(1949), MaxValueValidator(2100)]


class StudioQuerySet(models.QuerySet):
    def recognised(self, today=None, level=""):
        """Studios with a recognition that stands today (of this level, where one is asked for)."""
        standing = Recognition.objects.standing(today).filter(studio=OuterRef("pk"))
        return self.filter(Exists(standing.filter(level=level) if level else standing))

    def public(self, today=None):
        """What everybody may see: active, recognised, not kept back."""
        return self.recognised(today).filter(is_public=True, status=Studio.Status.ACTIVE)

    def kept_for(self, user):
        """Studios of the union bodies that this user acts for today."""
        return self.filter(body__in=UnionBody.objects.kept_by(user).values("pk"))

    def kept_by(self, user):
        """Studios that this user keeps: as liaison of their union body today, or as their leader."""
        led = StudioMember.objects.current().filter(role=StudioMember.Role.LEADER, person__user=user)
        bodies = UnionBody.objects.kept_by(user).values("pk")
        return self.filter(Q(body__in=bodies) | Q(pk__in=led.values("studio")))

    def visible_to(self, user):
        """Staff with the right see all; liaisons those of their bodies and the bodies right below; others none."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm("studios.view_studio"):
            return self.all()
        reach = UnionBody.objects.within_reach_of(user).values("pk")
        return self.filter(Q(body__in=reach) | Q(branch__in=UnionBody.objects.kept_by(user).values("pk")))

    def with_leader(self):
        """Add `leader_name` and `leader_key` of the current leader."""
        leader = StudioMember.objects.current().filter(studio=OuterRef("pk"), role=StudioMember.Role.LEADER)
        return self.annotate(
            leader_name=models.Subquery(leader.values("name")[:1]),
            leader_key=models.Subquery(leader.values("person")[:1]),
        )


class Studio(models.Model):
    """An innovation studio at an employer, led by one person."""

    class Kind(models.TextChoices):
        STAFF = "staff", "职工创新工作室"
        MODEL = "model", "劳模创新工作室"
        CRAFTSMAN = "craftsman", "工匠创新工作室"

    class Status(models.TextChoices):
        ACTIVE = "active", "正常"
        DELISTED = "delisted", "已摘牌"
        ENDED = "ended", "已停办"

    key = models.CharField(
        "台账编号",
        max_length=30,
        unique=True,
        null=True,
        blank=True,
        help_text="导入台账时按编号认出同一个工作室",
    )
    name = models.CharField("名称", max_length=100, help_text="与认定文件一字不差，名称自带的引号也要写上")
    match_key = MatchKeyField("匹配用名", source="name", db_index=True)
    pinyin = PinyinField("拼音", source="name", db_index=True)
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.STAFF)
    slug = models.SlugField("网址用名", max_length=80, unique=True)
    host_unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="所在单位", related_name="studios"
    )
    body = models.ForeignKey(
        UnionBody, models.PROTECT, null=True, blank=True, verbose_name="所属工会", related_name="studios"
    )
    branch = models.ForeignKey(
        UnionBody,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="系统、镇街工会",
        related_name="studios_below",
        limit_choices_to={"kind__in": UnionBody.BRANCHES},
    )
    sector = models.ForeignKey(
        "people.Sector",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="产业/行业",
        related_name="studios",
    )
    field = models.CharField("创新领域", max_length=100, blank=True)
    town = models.CharField("所在镇街", max_length=50, blank=True)
    address = models.CharField("地址", max_length=150, blank=True)
    phone = models.CharField(
        "公开电话", max_length=30, blank=True, help_text="办公电话，会公开；不要填个人手机号"
    )
    founded_on = models.DateField("成立日期", null=True, blank=True)
    story = models.TextField("简介", blank=True)
    goals = models.TextField("目标与任务", blank=True)
    rooms = models.CharField("场地", max_length=200, blank=True)
    area_sqm = models.PositiveIntegerField("场地面积（平方米）", null=True, blank=True)
    equipment = models.TextField("设备设施", blank=True)
    cover = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="封面图",
        related_name="+",
        limit_choices_to={"kind": "image", "is_public": True},
    )
    cover_alt = models.CharField("封面图说明", max_length=200, blank=True)
    is_public = models.BooleanField("公开展示", default=True)
    is_incomplete = models.BooleanField("待补", default=False, help_text="台账资料不全，须补齐")
    incomplete_note = models.CharField("待补事项", max_length=300, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.ACTIVE, editable=False)
    ended_on = models.DateField("停办或摘牌日期", null=True, blank=True, editable=False)
    ended_reason = models.CharField("停办或摘牌事由", max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = StudioQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作室"
        ordering = ["pinyin", "pk"]
        permissions = [("replace_leaders", "更换工作室负责人"), ("delist_studios", "工作室摘牌")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="studio_has_a_name"),
            models.UniqueConstraint(
                fields=["match_key", "host_unit"],
                nulls_distinct=False,
                name="one_studio_of_a_name_per_unit",
                violation_error_message="该单位已有同名的工作室。",
            ),
            models.CheckConstraint(
                condition=Q(is_incomplete=False) | ~Q(incomplete_note=""),
                name="incomplete_studio_says_what_is_missing",
                violation_error_message="标为待补的，请写明待补事项。",
            ),
            models.CheckConstraint(
                condition=Q(status="active") | (Q(ended_on__isnull=False) & ~Q(ended_reason="")),
                name="ended_studio_says_when_and_why",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("studios:studio_detail", args=[self.slug])

    def clean(self):
        # The key that the constraint compares is made when the record is saved, after it has been checked.
        twins = Studio.objects.filter(match_key=match_key(self.name), host_unit=self.host_unit)
        if twins.exclude(pk=self.pk).exists():
            raise ValidationError({"name": "该单位已有同名的工作室。"})

    @property
    def leader(self):
        """The current leader's StudioMember, or None."""
        return self.members.current().filter(role=StudioMember.Role.LEADER).select_related("person").first()


class StudioMemberQuerySet(models.QuerySet):
    def current(self):
        """Those who have not left."""
        return self.filter(ended_on=None)


class StudioMember(models.Model):
    """Somebody who works in a studio, from and to; a person the portal knows, or only a name."""

    class Role(models.TextChoices):
        LEADER = "leader", "负责人"
        DEPUTY = "deputy", "副负责人"
        MEMBER = "member", "成员"

    studio = models.ForeignKey(Studio, models.CASCADE, verbose_name="工作室", related_name="members")
    person = models.ForeignKey(
        "people.Person",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="职工",
        related_name="studio_roles",
    )
    name = models.CharField("姓名", max_length=50, blank=True)
    role = models.CharField("角色", max_length=10, choices=Role, default=Role.MEMBER)
    post = models.CharField("岗位、职称", max_length=100, blank=True)
    honour = models.CharField("所获荣誉", max_length=100, blank=True, help_text="如 北京市劳动模范")
    position = models.PositiveSmallIntegerField("排序", default=0)
    started_on = models.DateField("开始", null=True, blank=True)
    ended_on = models.DateField("结束", null=True, blank=True)
    ended_reason = models.CharField("离开原因", max_length=200, blank=True)

    objects = StudioMemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作室成员"
        ordering = ["studio", F("ended_on").asc(nulls_first=True), "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["studio"],
                condition=Q(role="leader", ended_on=None),
                name="one_current_leader_per_studio",
                violation_error_message="工作室已有现任负责人；更换请用“更换负责人”。",
            ),
            models.UniqueConstraint(
                fields=["studio", "person"],
                condition=Q(ended_on=None, person__isnull=False),
                name="one_running_role_per_person_in_a_studio",
                violation_error_message="此人已是这个工作室的成员。",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(name=""),
                name="studio_member_is_somebody",
                violation_error_message="请选择职工或填写姓名。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(started_on=None) | Q(ended_on__gte=F("started_on")),
                name="studio_member_leaves_after_joining",
                violation_error_message="结束日期不能早于开始日期。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | ~Q(role="leader") | ~Q(ended_reason=""),
                name="former_leader_has_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.get_role_display()}"

    def clean(self):
        if self.person_id and not self.name:
            self.name = self.person.name
        if self.person_id and self.name != self.person.name:
            raise ValidationError({"name": f"姓名与所选职工（{self.person.name}）不一致。"})


class StudioFile(models.Model):
    """A paper or picture of a studio: its goals, its rules, photographs of its rooms."""

    class Kind(models.TextChoices):
        GOALS = "goals", "目标规划"
        RULES = "rules", "管理制度"
        PHOTO = "photo", "照片"
        OTHER = "other", "其他"

    studio = models.ForeignKey(Studio, models.CASCADE, verbose_name="工作室", related_name="files")
    kind = models.CharField("类别", max_length=10, choices=Kind)
    file = models.ForeignKey("files.StoredFile", models.PROTECT, verbose_name="文件", related_name="+")
    caption = models.CharField("说明", max_length=150, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "工作室资料"
        ordering = ["studio", "kind", "position", "pk"]

    def __str__(self):
        return self.caption or self.get_kind_display()


class RecognitionQuerySet(models.QuerySet):
    def standing(self, today=None):
        """Active from the document's date until they run out."""
        today = today or timezone.localdate()
        return self.filter(
            Q(named_on=None) | Q(named_on__lte=today),
            Q(valid_to=None) | Q(valid_to__gte=today),
            status=Recognition.Status.ACTIVE,
        )


class Recognition(models.Model):
    """A level that a studio holds by a document: active from the document's date, its plaque a date apart."""

    class Level(models.TextChoices):
        UNIT = "unit", "单位级"
        DISTRICT = "district", "区级"
        CITY = "city", "市级"
        MODEL = "model", "市级示范"

    class Status(models.TextChoices):
        ACTIVE = "active", "有效"
        EXPIRED = "expired", "到期"
        DELISTED = "delisted", "已摘牌"

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="recognitions")
    level = models.CharField("级别", max_length=10, choices=Level, default=Level.DISTRICT)
    document_title = models.CharField("认定文件", max_length=200, blank=True)
    document_number = models.CharField("文号", max_length=50, blank=True)
    named_on = models.DateField("成文日期", null=True, blank=True, help_text="认定自此日起有效")
    plaque_on = models.DateField("授牌日期", null=True, blank=True)
    plaque_photo = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="牌匾照片", related_name="+"
    )
    valid_to = models.DateField("有效期至", null=True, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.ACTIVE, editable=False)
    is_incomplete = models.BooleanField("待补文件", default=False, help_text="旧台账中暂缺文号或日期")
    ground = models.CharField("摘牌或到期事由", max_length=300, blank=True, editable=False)
    ended_on = models.DateField("摘牌或到期日期", null=True, blank=True, editable=False)
    ended_document = models.CharField("摘牌文号", max_length=50, blank=True, editable=False)
    application = models.OneToOneField(
        "studios.StudioApplication",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="申报",
        related_name="recognition",
        editable=False,
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = RecognitionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "认定"
        ordering = ["-named_on", "-pk"]
        permissions = [("recognise_studios", "认定工作室和授牌")]
        constraints = [
            models.UniqueConstraint(
                fields=["studio", "level"],
                condition=Q(status="active"),
                name="one_active_recognition_per_studio_and_level",
                violation_error_message="这个工作室已有同级的有效认定。",
            ),
            models.CheckConstraint(
                condition=Q(is_incomplete=True) | (~Q(document_number="") & Q(named_on__isnull=False)),
                name="recognition_has_a_document",
                violation_error_message="请填写文号和成文日期；旧台账暂缺的，请勾选“待补文件”。",
            ),
            models.CheckConstraint(
                condition=Q(plaque_on=None) | Q(named_on=None) | Q(plaque_on__gte=F("named_on")),
                name="plaque_follows_the_document",
                violation_error_message="授牌日期不能早于成文日期。",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(named_on=None) | Q(valid_to__gte=F("named_on")),
                name="recognition_expires_after_it_begins",
                violation_error_message="有效期不能早于成文日期。",
            ),
            models.CheckConstraint(
                condition=~Q(status="delisted")
                | (~Q(ground="") & Q(ended_on__isnull=False) & ~Q(ended_document="")),
                name="delisted_recognition_has_ground_and_document",
            ),
        ]

    def __str__(self):
        return f"{self.studio}（{self.get_level_display()}）"

    @property
    def source_key(self):
        """What the milestones of this recognition are known by."""
        return f"studios.recognition:{self.pk}"
