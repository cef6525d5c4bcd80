import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("files", "0001_records"),
        ("people", "0001_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="CertificateDesign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "line",
                    models.CharField(
                        choices=[
                            ("competitions", "技能竞赛"),
                            ("craftsmen", "工匠选树"),
                            ("academies", "工匠学院"),
                            ("studios", "创新工作室"),
                        ],
                        max_length=20,
                        verbose_name="业务条线",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="只在后台使用，如 第三届工匠杯获奖证书",
                        max_length=50,
                        verbose_name="版式名称",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("honour", "荣誉证书"), ("award", "获奖证书"), ("completion", "结业证书")],
                        max_length=12,
                        verbose_name="种类",
                    ),
                ),
                (
                    "orientation",
                    models.CharField(
                        choices=[("landscape", "横版 A4"), ("portrait", "竖版 A4")],
                        default="landscape",
                        max_length=10,
                        verbose_name="纸张",
                    ),
                ),
                (
                    "heading",
                    models.CharField(
                        help_text="如 荣誉证书、获奖证书、结业证书", max_length=20, verbose_name="证书标题"
                    ),
                ),
                (
                    "salutation",
                    models.CharField(blank=True, default="{name}：", max_length=60, verbose_name="抬头"),
                ),
                (
                    "body",
                    models.TextField(
                        help_text="每个自然段一行，首行自动缩进。", max_length=600, verbose_name="正文"
                    ),
                ),
                (
                    "highlight",
                    models.CharField(
                        blank=True,
                        help_text="居中、大字，如 {award}；不需要则留空。",
                        max_length=60,
                        verbose_name="突出的一行",
                    ),
                ),
                (
                    "closing",
                    models.CharField(
                        blank=True, default="特发此证，以资鼓励。", max_length=100, verbose_name="结语"
                    ),
                ),
                (
                    "issuers",
                    models.TextField(
                        help_text="每行一个单位，按盖章次序。", max_length=300, verbose_name="落款单位"
                    ),
                ),
                ("show_qr", models.BooleanField(default=True, verbose_name="印查验二维码")),
                (
                    "name_size",
                    models.PositiveSmallIntegerField(
                        default=30,
                        help_text="写不下时自动缩小。",
                        validators=[
                            django.core.validators.MinValueValidator(14),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="抬头字号（磅）",
                    ),
                ),
                (
                    "body_size",
                    models.PositiveSmallIntegerField(
                        default=22,
                        help_text="写不下时自动缩小。",
                        validators=[
                            django.core.validators.MinValueValidator(12),
                            django.core.validators.MaxValueValidator(36),
                        ],
                        verbose_name="正文字号（磅）",
                    ),
                ),
                (
                    "shift_x",
                    models.DecimalField(
                        decimal_places=1,
                        default=0,
                        help_text="在预印纸上只打文字时整体移动；向左填负数。",
                        max_digits=4,
                        validators=[
                            django.core.validators.MinValueValidator(-50),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="套打右移（毫米）",
                    ),
                ),
                (
                    "shift_y",
                    models.DecimalField(
                        decimal_places=1,
                        default=0,
                        help_text="向上填负数。",
                        max_digits=4,
                        validators=[
                            django.core.validators.MinValueValidator(-50),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="套打下移（毫米）",
                    ),
                ),
                (
                    "background",
                    models.ForeignKey(
                        blank=True,
                        help_text="铺满整页，A4 比例；留空则用自带的边框。",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="底图",
                    ),
                ),
                (
                    "seal",
                    models.ForeignKey(
                        blank=True,
                        help_text="透明底 PNG。留空则落款处空着，打印后盖章。使用印章图片须经批准。",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="印章图片",
                    ),
                ),
            ],
            options={
                "verbose_name": "证书版式",
                "verbose_name_plural": "证书版式",
                "ordering": ["line", "name"],
            },
        ),
        migrations.CreateModel(
            name="CertificateSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "line",
                    models.CharField(
                        choices=[
                            ("competitions", "技能竞赛"),
                            ("craftsmen", "工匠选树"),
                            ("academies", "工匠学院"),
                            ("studios", "创新工作室"),
                        ],
                        max_length=20,
                        verbose_name="业务条线",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        error_messages={"unique": "这个前缀已有序列在用。"},
                        help_text="每年一个，如 MYGJ-2025-JS；发出第一张后不能再改。",
                        max_length=30,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9]+(-[A-Z0-9]+)*\\Z", "只用大写字母、数字和连字符，如 MYGJ-2025-JS。"
                            )
                        ],
                        verbose_name="编号前缀",
                    ),
                ),
                (
                    "year",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1950),
                            django.core.validators.MaxValueValidator(2100),
                        ],
                        verbose_name="年份",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="如 2025 年技能竞赛获奖证书", max_length=80, verbose_name="序列名称"
                    ),
                ),
                (
                    "next_number",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="下一号"),
                ),
            ],
            options={
                "verbose_name": "证书编号序列",
                "verbose_name_plural": "证书编号序列",
                "ordering": ["-year", "code"],
                "permissions": [
                    ("issue_competitions", "签发技能竞赛证书"),
                    ("issue_craftsmen", "签发工匠选树证书"),
                    ("issue_academies", "签发工匠学院证书"),
                    ("issue_studios", "签发创新工作室证书"),
                    ("view_every_line", "查看各条线的证书"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("next_number__gte", 1)), name="series_begins_at_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial", models.PositiveIntegerField(verbose_name="序号")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="证书编号")),
                ("code", models.CharField(editable=False, max_length=32, unique=True, verbose_name="查验码")),
                (
                    "kind",
                    models.CharField(
                        choices=[("honour", "荣誉证书"), ("award", "获奖证书"), ("completion", "结业证书")],
                        max_length=12,
                        verbose_name="种类",
                    ),
                ),
                ("holder", models.CharField(max_length=100, verbose_name="持证人")),
                ("facts", models.JSONField(verbose_name="证书事项")),
                ("words", models.JSONField(verbose_name="证书文字")),
                ("source_key", models.CharField(max_length=100, verbose_name="来源")),
                (
                    "status",
                    models.CharField(
                        choices=[("issued", "有效"), ("reissued", "已换发"), ("revoked", "已撤销")],
                        default="issued",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("issued_on", models.DateField(verbose_name="发证日期")),
                ("issued_at", models.DateTimeField(auto_now_add=True, verbose_name="签发时间")),
                ("issued_by", models.CharField(max_length=100, verbose_name="签发人")),
                ("reissue_reason", models.CharField(blank=True, max_length=200, verbose_name="换发原因")),
                ("reissued_at", models.DateTimeField(blank=True, null=True, verbose_name="换发时间")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="撤销时间")),
                ("revoked_ground", models.CharField(blank=True, max_length=200, verbose_name="撤销原因")),
                ("revoked_document", models.CharField(blank=True, max_length=100, verbose_name="撤销文号")),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="people.person",
                        verbose_name="职工",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replacement",
                        to="certificates.certificate",
                        verbose_name="换发自",
                    ),
                ),
                (
                    "design",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="certificates.certificatedesign",
                        verbose_name="版式",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="certificates.certificateseries",
                        verbose_name="编号序列",
                    ),
                ),
            ],
            options={
                "verbose_name": "证书",
                "verbose_name_plural": "证书",
                "ordering": ["series", "serial"],
            },
        ),
        migrations.AddConstraint(
            model_name="certificatedesign",
            constraint=models.UniqueConstraint(
                fields=("line", "name"),
                name="one_design_per_line_and_name",
                violation_error_message="这个条线已有同名版式。",
            ),
        ),
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(
                fields=["source_key"], name="certificate_by_source", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("series", "serial"), name="one_certificate_per_series_and_serial"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "issued")),
                fields=("source_key",),
                name="one_valid_certificate_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reissued_at__isnull", False), ("status", "reissued")),
                    models.Q(models.Q(("status", "reissued"), _negated=True), ("reissued_at", None)),
                    _connector="OR",
                ),
                name="reissued_certificate_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("revoked_at__isnull", False),
                        ("status", "revoked"),
                        models.Q(("revoked_ground", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("status", "revoked"), _negated=True),
                        ("revoked_at", None),
                        ("revoked_document", ""),
                        ("revoked_ground", ""),
                    ),
                    _connector="OR",
                ),
                name="revoked_certificate_has_its_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaces", None), models.Q(("reissue_reason", ""), _negated=True), _connector="OR"
                ),
                name="replacement_has_a_reason",
            ),
        ),
    ]
