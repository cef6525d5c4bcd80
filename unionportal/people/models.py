from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from unionportal.common import crypto, identity
from unionportal.common.fields import MatchKeyField, PinyinField
from unionportal.common.retirement import retirement_month


class Sector(models.Model):
    """A trade or line of business, such as 家政服务 or 养蜂."""

    name = models.CharField("名称", max_length=50, unique=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "产业/行业"
        ordering = ["position", "name"]

    def __str__(self):
        return self.name


class UnitQuerySet(models.QuerySet):
    def current(self):
        """Units that stand on their own today."""
        return self.filter(merged_into=None, dissolved_on=None)


def check_credit_code(value):
    """Validate a unified social credit code (GB 32100-2015) and raise ValidationError if it is wrong."""
    try:
        identity.clean_credit_code(value)
    except identity.IdentityProblem as problem:
        raise ValidationError(f"{problem.problem}。{problem.remedy}") from problem


class Unit(models.Model):
    """An employer. A merged unit stays, so that old records read as they were printed."""

    class Kind(models.TextChoices):
        STATE_OWNED = "state_owned", "国有企业"
        PRIVATE = "private", "民营企业"
        PUBLIC = "public", "机关事业单位"
        SOCIAL = "social", "社会组织"

    name = models.CharField("名称", max_length=100)
    match_key = MatchKeyField("匹配用名", source="name", unique=True)
    pinyin = PinyinField("拼音", source="name", db_index=True)
    short_name = models.CharField("简称", max_length=50, blank=True)
    kind = models.CharField("性质", max_length=20, choices=Kind, blank=True)
    system = models.CharField("所属系统", max_length=50, blank=True, help_text="如 卫生健康系统")
    town = models.CharField("所在镇街", max_length=50, blank=True, help_text="如 果园街道")
    credit_code = models.CharField(
        "统一社会信用代码", max_length=18, null=True, blank=True, unique=True, validators=[check_credit_code]
    )
    contact_name = models.CharField("联系人", max_length=50, blank=True)
    contact_phone = models.CharField("联系电话", max_length=20, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="并入单位", related_name="merged_units"
    )
    dissolved_on = models.DateField("撤销日期", null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "用人单位"
        ordering = ["pinyin", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="unit_has_a_name"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("pk")), name="unit_is_not_merged_into_itself"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        self.credit_code = self.credit_code or None


class FormerName(models.Model):
    """A name that a unit used to have; imports still find the unit by it."""

    unit = models.ForeignKey(Unit, models.CASCADE, verbose_name="单位", related_name="former_names")
    name = models.CharField("曾用名", max_length=100)
    match_key = MatchKeyField("匹配用名", source="name", unique=True)
    until = models.DateField("用到", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "曾用名"
        ordering = ["-until", "pk"]

    def __str__(self):
        return self.name


class SkillLevel(models.TextChoices):
    """The eight levels of 人社部发〔2022〕14号."""

    APPRENTICE = "apprentice", "学徒工"
    JUNIOR = "junior", "初级工"
    INTERMEDIATE = "intermediate", "中级工"
    SENIOR = "senior", "高级工"
    TECHNICIAN = "technician", "技师"
    SENIOR_TECHNICIAN = "senior_technician", "高级技师"
    SPECIAL_TECHNICIAN = "special_technician", "特级技师"
    CHIEF_TECHNICIAN = "chief_technician", "首席技师"


class PersonQuerySet(models.QuerySet):
    def current(self):
        """Persons that were not merged into another row."""
        return self.filter(merged_into=None)

    def with_id_number(self, id_number):
        """The person who has this (clean) ID number, by its keyed hash."""
        return self.filter(id_number_hash=crypto.keyed_hash(id_number))


class Person(models.Model):
    """A worker. ID and phone numbers are stored encrypted; the hash finds a person without decrypting."""

    class Gender(models.TextChoices):
        MALE = "男", "男"
        FEMALE = "女", "女"

    class LifeStatus(models.TextChoices):
        WORKING = "working", "在职"
        RETIRED = "retired", "退休"
        MOVED = "moved", "调离"
        DECEASED = "deceased", "去世"

    name = models.CharField("姓名", max_length=50)
    pinyin = PinyinField("拼音", source="name", db_index=True)
    gender = models.CharField("性别", max_length=1, choices=Gender, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    id_number_sealed = models.BinaryField("身份证号（密文）", default=b"", editable=False)
    id_number_hash = models.CharField("身份证号摘要", max_length=64, null=True, unique=True, editable=False)
    phone_sealed = models.BinaryField("手机号（密文）", default=b"", editable=False)
    phone_tail = models.CharField("手机尾号", max_length=4, blank=True, editable=False)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="people"
    )
    is_flexible = models.BooleanField("灵活就业", default=False, help_text="没有用人单位，自己揽活。")
    unit_claimed = models.CharField(
        "自填单位", max_length=100, blank=True, help_text="本人注册时没有找到的单位；核对后请选定“单位”。"
    )
    occupation = models.CharField("工种", max_length=50, blank=True)
    skill_level = models.CharField("职业技能等级", max_length=20, choices=SkillLevel, blank=True)
    photo = models.ForeignKey(
        "files.StoredFile", models.SET_NULL, null=True, blank=True, verbose_name="照片", related_name="+"
    )
    is_union_member = models.BooleanField("工会会员", null=True)
    is_front_line = models.BooleanField("一线职工", null=True)
    life_status = models.CharField("状态", max_length=10, choices=LifeStatus, default=LifeStatus.WORKING)
    retirement_age = models.PositiveSmallIntegerField(
        "原法定退休年龄",
        choices=[(60, "男职工 60 周岁"), (55, "女职工 55 周岁"), (50, "女职工 50 周岁")],
        null=True,
        blank=True,
        help_text="男职工可不填；退休年月按渐进式延迟办法推算",
    )
    retires_on = models.DateField(
        "核定退休年月", null=True, blank=True, help_text="人工核定的优先，填该月任意一天"
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="账号",
        related_name="person",
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="并入", related_name="merged_people"
    )
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "职工"
        ordering = ["pinyin", "pk"]
        permissions = [
            ("read_identity", "查看完整身份证号和手机号"),
            ("hand_out_codes", "当面发放一次性登录码"),
            ("change_login_phone", "更换职工的登录手机号"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="person_has_a_name"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("pk")),
                name="person_is_not_merged_into_itself",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def retirement_month(self):
        """The month in which this person retires, as its first day: set by hand, else reckoned; None if unknown."""
        if self.retires_on:
            return self.retires_on.replace(day=1)
        age = self.retirement_age or (60 if self.gender == self.Gender.MALE else None)
        return retirement_month(self.birth_date, age) if self.birth_date and age else None

    @property
    def id_number(self):
        """The full ID number; showing it takes people.read_identity and an audit line."""
        return crypto.decrypt(self.id_number_sealed)

    @id_number.setter
    def id_number(self, value):
        self.id_number_sealed = crypto.encrypt(value)
        self.id_number_hash = crypto.keyed_hash(value) if value else None
        if value:
            self.birth_date = identity.id_birth_date(value)
            self.gender = identity.id_gender(value)

    @property
    def phone(self):
        """The full phone number; as private as the ID number."""
        return crypto.decrypt(self.phone_sealed)

    @phone.setter
    def phone(self, value):
        self.phone_sealed = crypto.encrypt(value)
        self.phone_tail = identity.phone_tail(value) if value else ""


class Claim(models.Model):
    """What staff must decide about an account and the person it says it is.

    An ID number is kept only until then.
    """

    class Ground(models.TextChoices):
        IDENTITY = "identity", "凭姓名和身份证号关联"
        DUPLICATE = "duplicate", "新注册，可能已有档案"

    class Status(models.TextChoices):
        WAITING = "waiting", "待核实"
        JOINED = "joined", "已关联"
        REFUSED = "refused", "未关联"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="账号", related_name="claims"
    )
    ground = models.CharField("事由", max_length=10, choices=Ground)
    id_number_sealed = models.BinaryField("身份证号（密文）", default=b"", editable=False)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.WAITING)
    made_at = models.DateTimeField("提出时间", auto_now_add=True)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, verbose_name="关联到", related_name="claims"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="办理人",
        related_name="+",
    )
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)
    reason = models.CharField("依据或理由", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "账号关联核实"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "ground"],
                condition=Q(status="waiting"),
                name="one_waiting_claim_per_account_and_ground",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting") | (Q(id_number_sealed=b"") & ~Q(reason="")),
                name="decided_claim_has_a_reason_and_no_id_number",
            ),
        ]

    def __str__(self):
        return f"{self.user.name}：{self.get_ground_display()}"

    @property
    def id_number(self):
        """The full ID number that was typed; pages show it masked."""
        return crypto.decrypt(self.id_number_sealed)

    @id_number.setter
    def id_number(self, value):
        self.id_number_sealed = crypto.encrypt(value)

    @property
    def masked_id_number(self):
        return identity.mask_id_number(self.id_number)


class Milestone(models.Model):
    """One line of a person's growth record, written and withdrawn by services, never by hand."""

    class Kind(models.TextChoices):
        COMPETITION = "competition", "技能竞赛"
        HONOUR = "honour", "荣誉称号"
        COURSE = "course", "培训结业"
        STUDIO = "studio", "创新工作室"
        ACHIEVEMENT = "achievement", "创新成果"

    class Visibility(models.TextChoices):
        SELF = "self", "本人"
        UNION = "union", "工会"
        PUBLIC = "public", "公开"

    class Tier(models.TextChoices):
        UNIT = "unit", "单位"
        DISTRICT = "district", "区级"
        CITY = "city", "市级"
        NATIONAL = "national", "国家级"

    person = models.ForeignKey(Person, models.CASCADE, verbose_name="职工", related_name="milestones")
    on = models.DateField("日期")
    kind = models.CharField("类别", max_length=20, choices=Kind)
    tier = models.CharField("级别", max_length=10, choices=Tier, default=Tier.DISTRICT)
    place = models.CharField("名次或等次", max_length=50, blank=True)
    title = models.CharField("事项", max_length=200)
    detail = models.TextField("说明", blank=True)
    url = models.CharField("链接", max_length=200, blank=True)
    visibility = models.CharField("可见范围", max_length=10, choices=Visibility, default=Visibility.SELF)
    source_key = models.CharField("来源", max_length=100, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "成长档案"
        ordering = ["-on", "-pk"]

    def __str__(self):
        return f"{self.on} {self.title}"


class UnionBodyQuerySet(models.QuerySet):
    def kept_by(self, user):
        """The bodies that this user acts for today."""
        return self.filter(liaisons__user=user, liaisons__ended_on=None)

    def within_reach_of(self, user):
        """The user's own bodies and those directly below them: what a liaison may see the work of."""
        own = UnionBody.objects.kept_by(user).values("pk")
        return self.filter(Q(pk__in=own) | Q(parent__in=own))


class UnionBody(models.Model):
    """A trade union organisation. It is not the employer: a joint union covers many units, or none."""

    class Kind(models.TextChoices):
        BASIC = "basic", "基层工会"
        JOINT = "joint", "联合工会"
        ASSOCIATION = "association", "行业协会"
        TOWN = "town", "镇街总工会"
        SYSTEM = "system", "系统工会"
        DISTRICT = "district", "区总工会"

    BRANCHES = (Kind.TOWN, Kind.SYSTEM)

    name = models.CharField("名称", max_length=100, unique=True)
    pinyin = PinyinField("拼音", source="name", db_index=True)
    kind = models.CharField("层级", max_length=12, choices=Kind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="上级工会", related_name="below"
    )
    units = models.ManyToManyField(
        "people.Unit", verbose_name="覆盖单位", blank=True, related_name="union_bodies"
    )
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)

    objects = UnionBodyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "所属工会"
        ordering = ["kind", "pinyin", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("pk")), name="union_body_is_not_above_itself"
            ),
            models.CheckConstraint(
                condition=~Q(kind="district") | Q(parent=None), name="nothing_is_above_the_district_union"
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="district"), name="one_district_union"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_branch(self):
        return self.kind in self.BRANCHES

    def clean(self):
        if self.parent is None:
            if self.kind != self.Kind.DISTRICT:
                raise ValidationError({"parent": "请选择上级工会；只有区总工会没有上级。"})
            return
        if self.kind in (self.Kind.BASIC, self.Kind.JOINT) and not self.parent.is_branch:
            raise ValidationError({"parent": "基层工会、联合工会的上级应是镇街总工会或系统工会。"})
        upper = self.kind in (*self.BRANCHES, self.Kind.ASSOCIATION)
        if upper and self.parent.kind != self.Kind.DISTRICT:
            raise ValidationError({"parent": f"{self.get_kind_display()}的上级应是区总工会。"})


class Liaison(models.Model):
    """Who acts for a union body in the portal, from and to."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="账号", related_name="liaisons"
    )
    body = models.ForeignKey(UnionBody, models.PROTECT, verbose_name="所属工会", related_name="liaisons")
    started_on = models.DateField("开始")
    ended_on = models.DateField("结束", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "经办人"
        ordering = ["body", "-started_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "body"],
                condition=Q(ended_on=None),
                name="one_running_liaison_per_user_and_body",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="liaison_ends_after_it_starts",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]

    def __str__(self):
        return f"{self.user.name} — {self.body}"
