import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_records"),
    ]

    operations = [
        migrations.AddField(
            model_name="sitesettings",
            name="web_address",
            field=models.CharField(
                blank=True,
                help_text="印在证书二维码里，如 https://portal.example.cn；留空则用打印时的访问地址。",
                max_length=100,
                validators=[
                    django.core.validators.RegexValidator(
                        "^https?://[^/\\s]+\\Z",
                        "请写协议和域名，末尾不带斜线，如 https://portal.example.cn。",
                    )
                ],
                verbose_name="网站地址",
            ),
        ),
    ]
