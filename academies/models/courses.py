from django.db import models
from django.db.models import Q
from django.urls import reverse


class CourseQuerySet(models.QuerySet):
    def public(self):
        """Courses in the catalogue."""
        return self.filter(status=Course.Status.PUBLISHED)


class Course(models.Model):
    """What is taught, whenever it is taught; hours are hours of study of 45 minutes (学时)."""

    class Delivery(models.TextChoices):
        ONLINE = "online", "线上"
        ONSITE = "onsite", "线下"
        MIXED = "mixed", "线上线下结合"

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"
        ARCHIVED = "archived", "已下架"

    name = models.CharField("课程", max_length=80, unique=True)
    slug = models.SlugField("网址用名", max_length=60, unique=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT)
    sector = models.ForeignKey(
        "people.Sector",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="产业/行业",
        related_name="courses",
    )
    occupation = models.CharField("工种", max_length=50, blank=True)
    audience = models.CharField("适合谁学", max_length=200, blank=True)
    summary = models.CharField("简介", max_length=300, blank=True)
    outline = models.TextField("课程大纲", blank=True)
    delivery = models.CharField("授课方式", max_length=10, choices=Delivery, default=Delivery.ONSITE)
    theory_hours = models.DecimalField("理论学时", max_digits=5, decimal_places=1, default=0)
    practice_hours = models.DecimalField("实操学时", max_digits=5, decimal_places=1, default=0)
    cover = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="题图", related_name="+"
    )
    cover_alt = models.CharField("题图说明", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "课程"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(theory_hours__gte=0, practice_hours__gte=0), name="course_hours_are_not_negative"
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("academies:course_detail", args=[self.slug])

    @property
    def hours(self):
        """Return the hours of study in all."""
        return self.theory_hours + self.practice_hours


class CourseTeacher(models.Model):
    """Who teaches a course; one who is a craftsman is linked by the person."""

    course = models.ForeignKey(Course, models.CASCADE, verbose_name="课程", related_name="teachers")
    person = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="职工", related_name="teaching"
    )
    name = models.CharField("姓名", max_length=50)
    title = models.CharField("职务、称号", max_length=100, blank=True)
    introduction = models.CharField("介绍", max_length=300, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "授课教师"
        ordering = ["course", "position", "pk"]

    def __str__(self):
        return self.name
