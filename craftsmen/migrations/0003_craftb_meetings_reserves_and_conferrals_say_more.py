import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("craftsmen", "0002_crafta_nominations_know_their_branch"),
        ("news", "0001_records"),
    ]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="recorded_at",
            field=models.DateTimeField(
                auto_now_add=True, default=django.utils.timezone.now, verbose_name="登记时间"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="slateline",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                help_text="谁的名额空出后由此人递补",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="craftsmen.slateline",
                verbose_name="递补",
            ),
        ),
        migrations.AddField(
            model_name="conferral",
            name="article",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="news.article",
                verbose_name="新闻稿",
            ),
        ),
    ]
