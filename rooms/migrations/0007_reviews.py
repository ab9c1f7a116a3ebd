import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rooms', '0006_likes_saved_once'),
    ]

    operations = [
        migrations.AlterField(
            model_name='blockedword',
            name='action',
            field=models.CharField(choices=[('refuse', 'refuse the comment'), ('mask', 'mask the word'), ('hold', 'hold the comment for a review')], default='refuse', max_length=6, verbose_name='action'),
        ),
        migrations.AddField(
            model_name='comment',
            name='shown_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='viewerchange',
            name='comment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='rooms.comment'),
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('checking', 'an automatic check is asked'), ('open', 'to be reviewed'), ('refused', 'refused')], max_length=8)),
                ('check_name', models.CharField(blank=True, max_length=100)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('claimed_by', models.CharField(blank=True, max_length=16)),
                ('claimed_until', models.DateTimeField(default=django.utils.timezone.now)),
                ('comment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='review', to='rooms.comment')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'claimed_until'], name='review_state')],
            },
        ),
    ]
