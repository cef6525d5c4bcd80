from django.db import models
from django.db.models import F, Q

from studios.models.studios import Studio


class Project(models.Model):
    """A problem that a studio has set itself to solve (攻关课题)."""

    class Status(models.TextChoices):
        PLANNED = "planned", "已立项"
        RUNNING = "running", "进行中"
        DONE = "done", "已结题"
        STOPPED = "stopped", "已终止"

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="projects")
    title = models.CharField("课题名称", max_length=100)
    problem = models.TextField("要解决的问题", blank=True)
    goal = models.CharField("预期目标", max_length=300, blank=True)
    lead_name = models.CharField("课题负责人", max_length=50, blank=True)
    budget_yuan = models.DecimalField("预算（元）", max_digits=12, decimal_places=2, null=True, blank=True)
    started_on = models.DateField("立项日期")
    due_on = models.DateField("计划完成", null=True, blank=True)
    ended_on = models.DateField("结题日期", null=True, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PLANNED)
    result = models.TextField("结果", blank=True)
    achievement = models.ForeignKey(
        "studios.Achievement",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="形成的成果",
        related_name="projects",
    )
    is_public = models.BooleanField("公开展示", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "攻关课题"
        ordering = ["-started_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on=None) | Q(due_on__gte=F("started_on")),
                name="project_is_due_after_it_starts",
                violation_error_message="计划完成不能早于立项日期。",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["done", "stopped"]) | (Q(ended_on__isnull=False) & ~Q(result="")),
                name="ended_project_has_a_date_and_a_result",
                violation_error_message="已结题或终止的课题，请填写结题日期和结果。",
            ),
        ]

    def __str__(self):
        return self.title


class Apprenticeship(models.Model):
    """A master and an apprentice who have signed an agreement (名师带徒)."""

    class Status(models.TextChoices):
        RUNNING = "running", "带徒中"
        FINISHED = "finished", "已出师"
        ENDED = "ended", "提前结束"

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="apprenticeships")
    master = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="师傅（职工）", related_name="+"
    )
    master_name = models.CharField("师傅", max_length=50)
    apprentice = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="徒弟（职工）", related_name="+"
    )
    apprentice_name = models.CharField("徒弟", max_length=50)
    trade = models.CharField("传授技能", max_length=100, blank=True)
    agreement = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="师徒协议", related_name="+"
    )
    started_on = models.DateField("协议开始")
    ends_on = models.DateField("协议到期")
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.RUNNING)
    result = models.CharField("带徒成果", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "名师带徒"
        ordering = ["-started_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("started_on")),
                name="apprenticeship_ends_after_it_starts",
                violation_error_message="协议到期不能早于开始。",
            ),
            models.CheckConstraint(
                condition=Q(master=None) | Q(apprentice=None) | ~Q(master=F("apprentice")),
                name="nobody_is_apprentice_to_oneself",
                violation_error_message="师傅和徒弟不能是同一人。",
            ),
            models.CheckConstraint(
                condition=Q(status="running") | ~Q(result=""),
                name="ended_apprenticeship_has_a_result",
                violation_error_message="已出师或提前结束的，请填写带徒成果或原因。",
            ),
        ]

    def __str__(self):
        return f"{self.master_name} — {self.apprentice_name}"


class Activity(models.Model):
    """Something a studio held: a training, an exchange, a service on site."""

    class Kind(models.TextChoices):
        TRAINING = "training", "培训讲座"
        EXCHANGE = "exchange", "交流观摩"
        SERVICE = "service", "上门服务"
        CONTEST = "contest", "比武练兵"
        OTHER = "other", "其他"

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="activities")
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.TRAINING)
    title = models.CharField("活动名称", max_length=100)
    held_on = models.DateField("日期")
    place = models.CharField("地点", max_length=100, blank=True)
    people = models.PositiveIntegerField("参加人次", null=True, blank=True)
    summary = models.TextField("情况", blank=True)
    is_public = models.BooleanField("公开展示", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "工作室活动"
        ordering = ["-held_on", "-pk"]

    def __str__(self):
        return self.title


class ActivityPhoto(models.Model):
    """A photograph of an activity."""

    activity = models.ForeignKey(Activity, models.CASCADE, verbose_name="活动", related_name="photos")
    file = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        verbose_name="照片",
        related_name="+",
        limit_choices_to={"kind": "image", "is_public": True},
    )
    caption = models.CharField("说明", max_length=150)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "活动照片"
        ordering = ["activity", "position", "pk"]

    def __str__(self):
        return self.caption
