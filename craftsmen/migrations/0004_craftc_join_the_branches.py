from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("craftsmen", "0002_craftc_reported_counts_and_profile_drafts"),
        ("craftsmen", "0003_craftb_meetings_reserves_and_conferrals_say_more"),
    ]
    operations = []
