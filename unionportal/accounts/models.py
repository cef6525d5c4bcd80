import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.crypto import salted_hmac

from unionportal.common import crypto, identity


class UserManager(BaseUserManager):
    """Makes accounts; usernames are compared without regard to case."""

    def create_user(self, username, name, password=None, **fields):
        user = self.model(username=self.model.normalize_username(username), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, name, password=None, **fields):
        return self.create_user(username, name, password, is_staff=True, is_superuser=True, **fields)

    def named(self, username):
        """The account of this name, compared as the unique index does: by LOWER (iexact asks UPPER, where ı is I)."""
        return self.alias(lowered=Lower("username")).filter(lowered=Lower(Value(username)))

    def with_phone(self, phone):
        """The account that signs in with this (clean) phone number, by its keyed hash."""
        return self.filter(phone_hash=crypto.keyed_hash(phone))

    def get_by_natural_key(self, username):
        return self.named(username).get()


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Rights come from groups (roles) alone."""

    username = models.CharField(
        "登录名",
        max_length=60,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": "这个登录名已有人使用，请换一个。"},
    )
    name = models.CharField("姓名", max_length=50)
    email = models.EmailField("电子邮箱", blank=True)
    is_staff = models.BooleanField("可进入管理后台", default=False)
    is_active = models.BooleanField("启用", default=True, help_text="停用即不能登录；请停用而不要删除账号。")
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    phone_sealed = models.BinaryField("登录手机号（密文）", default=b"", editable=False)
    phone_hash = models.CharField("登录手机号摘要", max_length=64, null=True, unique=True, editable=False)
    phone_tail = models.CharField("登录手机尾号", max_length=4, blank=True, editable=False)
    consented_at = models.DateTimeField("同意隐私声明", null=True, blank=True, editable=False)
    date_joined = models.DateTimeField("建立时间", auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["username"]
        permissions = [("assign_roles", "分配角色")]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="one_account_per_username_ignoring_case",
                violation_error_message="这个登录名已有人使用，请换一个。",
            )
        ]

    def _get_session_auth_hash(self, secret=None):
        """Bind a session to the log-in phone as Django binds it to the password: it ends when either changes."""
        salt = "unionportal.accounts.session"
        return salted_hmac(
            salt, f"{self.password}:{self.phone_hash}", secret=secret, algorithm="sha256"
        ).hexdigest()

    def __str__(self):
        return f"{self.name}（{self.username}）"

    @property
    def phone(self):
        """The full log-in phone number; no page shows it."""
        return crypto.decrypt(self.phone_sealed)

    @phone.setter
    def phone(self, value):
        self.phone_sealed = crypto.encrypt(value)
        self.phone_hash = crypto.keyed_hash(value) or None
        self.phone_tail = identity.phone_tail(value)

    @property
    def masked_phone(self):
        return identity.mask_phone(self.phone)


class PhoneCodeQuerySet(models.QuerySet):
    def to(self, phone):
        """The codes for this (clean) phone number."""
        return self.filter(phone_hash=crypto.keyed_hash(phone))

    def handed_out(self):
        return self.filter(handed_out_by__isnull=False)


class PhoneCode(models.Model):
    """A one-time code for a phone number: sent to it, or handed out by somebody who has seen the person.

    Whoever gives a phone number opens one, known here or not; without an SMS service it holds no code of its own, and a
    handed-out one answers it.
    """

    key = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    phone_sealed = models.BinaryField("手机号（密文）")
    phone_hash = models.CharField("手机号摘要", max_length=64, db_index=True)
    code_hash = models.CharField("验证码摘要", max_length=64, blank=True)
    made_at = models.DateTimeField("生成时间", auto_now_add=True, db_index=True)
    expires_at = models.DateTimeField("有效期至")
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("使用时间", null=True)
    handed_out_by = models.ForeignKey(
        User, models.PROTECT, null=True, verbose_name="发放人", related_name="codes_handed_out"
    )

    objects = PhoneCodeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "手机验证码"

    def __str__(self):
        return f"验证码 {self.pk}"

    @property
    def phone(self):
        return crypto.decrypt(self.phone_sealed)


class Receipt(models.Model):
    """What a write answered, by the key its sender made: a retry gets this answer instead of a second write."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name="账号")
    key = models.UUIDField("幂等键")
    action = models.CharField("动作", max_length=80)
    body_sha256 = models.CharField("内容摘要", max_length=64)
    answer = models.JSONField("回执", default=dict)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "回执"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_receipt_per_user_and_key")]

    def __str__(self):
        return f"{self.action} {self.key}"


def counted(queryset, expression=None):
    """Return how many rows a queryset has, or another aggregate over all of them, as a part of another statement."""
    rows = queryset.order_by().annotate(asker=OuterRef("pk")).values("asker")
    return Coalesce(Subquery(rows.annotate(counted=expression or Count("pk")).values("counted")), 0)


class SiteSettings(models.Model):
    """What the public pages say about the site and its owner: a single row."""

    name = models.CharField("站点名称", max_length=50, default="密云区总工会")
    tagline = models.CharField("副题", max_length=50, default="职工技能与工匠服务", blank=True)
    organiser = models.CharField("主办单位", max_length=100, default="北京市密云区总工会")
    web_address = models.CharField(
        "网站地址",
        max_length=100,
        blank=True,
        validators=[
            RegexValidator(
                r"^https?://[^/\s]+\Z", "请写协议和域名，末尾不带斜线，如 https://portal.example.cn。"
            )
        ],
        help_text="印在证书二维码里，如 https://portal.example.cn；留空则用打印时的访问地址。",
    )
    address = models.CharField("办公地址", max_length=200, blank=True)
    postcode = models.CharField("邮政编码", max_length=6, blank=True)
    email = models.EmailField("联系邮箱", blank=True)
    hotline = models.CharField("职工服务热线", max_length=30, default="12351", blank=True)
    office_hours = models.CharField(
        "接待时间", max_length=100, blank=True, help_text="如 工作日 9:00—11:30，13:30—17:30"
    )
    privacy = models.TextField(
        "隐私声明", blank=True, help_text="空一行即另起一段。留空则显示系统自带的声明。"
    )
    icp_number = models.CharField("ICP 备案号", max_length=50, blank=True)
    police_number = models.CharField("公安备案号", max_length=50, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "站点设置"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="only_one_row_of_site_settings")]

    def __str__(self):
        return self.name

    def address_for(self, request):
        """Return the address of the portal for things that leave it, such as QR codes: as set, else as asked for."""
        return self.web_address or f"{request.scheme}://{request.get_host()}"

    @classmethod
    def load(cls):
        """Return the one row, or its defaults while nobody has saved it yet."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @classmethod
    def load_counting(cls, rows):
        """Return (the one row, how many rows the queryset has), in one statement."""
        site = cls.objects.filter(pk=1).annotate(found=counted(rows)).first()
        return (site, site.found) if site else (cls(pk=1), rows.count())


class ReportedFigure(models.Model):
    """A figure of the district that the system cannot count, typed by staff and always shown as reported."""

    class Topic(models.TextChoices):
        HOME = "home", "首页"
        STUDIOS = "studios", "创新工作室（未逐一登记的数量）"

    value = models.PositiveIntegerField("数字")
    unit = models.CharField("单位", max_length=10, help_text="如 万余人次、余场、家")
    label = models.CharField("说明", max_length=60, unique=True)
    as_of = models.DateField("统计截至")
    source = models.CharField("来源", max_length=100)
    topic = models.CharField("用在", max_length=10, choices=Topic, default=Topic.HOME)
    position = models.PositiveSmallIntegerField("排序", default=0, help_text="首页按此排列，前两个最大")

    class Meta:
        verbose_name = verbose_name_plural = "填报数字"
        ordering = ["position", "pk"]

    def __str__(self):
        return f"{self.label} {self.value}{self.unit}"
