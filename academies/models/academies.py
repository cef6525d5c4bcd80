import re
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q
from django.urls import reverse


def dialled(phone):
    """Return the number that a telephone dials of what was typed: the first one, without words around it."""
    found = re.search(r"\+?\d[\d -]*\d", phone)
    return found.group().replace(" ", "") if found else ""


class AcademyQuerySet(models.QuerySet):
    def public(self):
        """Academies that the public may see: also those that no longer teach."""
        return self.exclude(status=Academy.Status.PREPARING)


class Academy(models.Model):
    """A craftsman academy, built together by government, schools and enterprises."""

    class Tier(models.TextChoices):
        CITY = "city", "市级"
        DISTRICT = "district", "区级"
        ENTERPRISE = "enterprise", "企业"

    class Status(models.TextChoices):
        PREPARING = "preparing", "筹建中"
        ACTIVE = "active", "运行中"
        ENDED = "ended", "已停办"

    name = models.CharField("名称", max_length=100, unique=True)
    short_name = models.CharField("简称", max_length=50, blank=True)
    slug = models.SlugField("网址用名", max_length=60, unique=True)
    tier = models.CharField("级别", max_length=12, choices=Tier, default=Tier.DISTRICT)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PREPARING)
    host = models.ForeignKey(
        "people.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="依托单位",
        related_name="academies",
    )
    sectors = models.ManyToManyField("people.Sector", verbose_name="重点产业", blank=True, related_name="+")
    focus = models.CharField("办学方向", max_length=200, blank=True)
    introduction = models.TextField("简介", blank=True)
    dean = models.CharField("院长", max_length=50, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    contact_phone = models.CharField("咨询电话", max_length=50, blank=True)
    unveiled_on = models.DateField("揭牌日期", null=True, blank=True)
    cover = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="题图", related_name="+"
    )
    position = models.PositiveSmallIntegerField("排序", default=0)

    objects = AcademyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工匠学院"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__isnull=False, latitude__isnull=False),
                name="academy_has_both_coordinates_or_none",
                violation_error_message="经度和纬度要么都填，要么都不填。",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("academies:academy_detail", args=[self.slug])

    @property
    def dial(self):
        """The number that a tap on the telephone dials."""
        return dialled(self.contact_phone)

    @property
    def map_url(self):
        """A link to a map: to the very point where it is known, else to a search for the address."""
        if self.longitude is None:
            return f"https://uri.amap.com/search?{urlencode({'keyword': self.address, 'city': '北京'})}"
        point = {"position": f"{self.longitude},{self.latitude}", "name": self.name}
        return f"https://uri.amap.com/marker?{urlencode(point)}"


class Partner(models.Model):
    """Who builds an academy together with the union (政校企)."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", "政府部门"
        SCHOOL = "school", "院校"
        ENTERPRISE = "enterprise", "企业"

    academy = models.ForeignKey(Academy, models.CASCADE, verbose_name="学院", related_name="partners")
    name = models.CharField("单位", max_length=100)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    role = models.CharField("分工", max_length=100, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "共建单位"
        ordering = ["academy", "kind", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["academy", "name"], name="one_line_per_partner_and_academy")
        ]

    def __str__(self):
        return self.name


class AcademyReview(models.Model):
    """The yearly review of an academy."""

    class Result(models.TextChoices):
        EXCELLENT = "excellent", "优秀"
        PASS = "pass", "合格"
        RECTIFY = "rectify", "限期整改"

    academy = models.ForeignKey(Academy, models.CASCADE, verbose_name="学院", related_name="reviews")
    year = models.PositiveSmallIntegerField("年度")
    result = models.CharField("结果", max_length=10, choices=Result)
    note = models.TextField("评语", blank=True)
    reviewed_on = models.DateField("考核日期")

    class Meta:
        verbose_name = verbose_name_plural = "学院年度考核"
        ordering = ["-year", "academy"]
        constraints = [
            models.UniqueConstraint(fields=["academy", "year"], name="one_review_per_academy_and_year")
        ]

    def __str__(self):
        return f"{self.academy} {self.year} 年度"


class ReportedTraining(models.Model):
    """What was reported of a year before the system kept runs; never added to what the system counts itself."""

    academy = models.ForeignKey(
        Academy, models.CASCADE, null=True, blank=True, verbose_name="学院", related_name="reported"
    )
    year = models.PositiveSmallIntegerField("年度")
    completions = models.PositiveIntegerField("培训人次")
    courses = models.PositiveSmallIntegerField("课程数", null=True, blank=True)
    source = models.CharField("出处", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "填报的历史培训数"
        ordering = ["-year", "academy"]
        constraints = [
            models.UniqueConstraint(
                fields=["academy", "year"],
                nulls_distinct=False,
                name="one_reported_figure_per_academy_and_year",
            )
        ]

    def __str__(self):
        return f"{self.year} 年 {self.completions} 人次"
