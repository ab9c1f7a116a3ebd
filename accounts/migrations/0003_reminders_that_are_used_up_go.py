from collections import Counter

from django.db import migrations, models


def count(apps, schema_editor):
    """Keep of what was told and refused its number, and of the rest its row."""
    announcements = apps.get_model("accounts", "Announcement")
    reminders = apps.get_model("accounts", "Reminder")
    used = reminders.objects.filter(state__in=["sent", "refused"])
    for announcement in announcements.objects.filter(pk__in=used.values("announcement")):
        mine = used.filter(announcement=announcement)
        announcement.sent = mine.filter(state="sent").count()
        announcement.refusals = dict(Counter(map(str, mine.filter(state="refused").values_list("errcode", flat=True))))
        announcement.save(update_fields=["sent", "refusals"])
    used.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_reminders'),
    ]

    operations = [
        migrations.AddField(
            model_name='announcement',
            name='refusals',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='announcement',
            name='sent',
            field=models.PositiveIntegerField(default=0, verbose_name='told'),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='reminder',
            name='errcode',
        ),
        migrations.RemoveField(
            model_name='reminder',
            name='state',
        ),
        migrations.RemoveField(
            model_name='reminder',
            name='told_at',
        ),
    ]
