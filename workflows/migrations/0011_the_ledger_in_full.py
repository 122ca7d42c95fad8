"""All columns of the ledger, chains that are no case's, where each ends, anchors; and no TRUNCATE on PostgreSQL."""

from django.db import migrations, models

from workflows import triggers


def write_the_ends_down(apps, schema_editor):
    """Of the chains there are. What was sealed in the first form stays so."""
    entries = apps.get_model("workflows", "LedgerEntry").objects.order_by("chain", "sequence")
    ends = {chain: (sequence, mark) for chain, sequence, mark in entries.values_list("chain", "sequence", "hash").iterator()}
    heads = apps.get_model("workflows", "LedgerHead").objects
    heads.bulk_create([heads.model(chain=chain, sequence=n, hash=mark) for chain, (n, mark) in ends.items()], batch_size=500)


def keep_append_only(apps, schema_editor):
    triggers.keep_append_only(schema_editor, "workflows_ledgeranchor")


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0010_one_index_for_each_question'),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerAnchor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(unique=True)),
                ('made_at', models.DateTimeField()),
                ('chains', models.PositiveIntegerField()),
                ('entries', models.PositiveBigIntegerField()),
                ('digest', models.CharField(help_text='SHA-256 of the file, as was mailed and logged.', max_length=64)),
            ],
            options={
                'ordering': ['-on'],
            },
        ),
        migrations.CreateModel(
            name='LedgerHead',
            fields=[
                ('chain', models.UUIDField(primary_key=True, serialize=False)),
                ('sequence', models.PositiveIntegerField(default=0, help_text='How many entries there are.')),
                ('hash', models.CharField(help_text='Of the last; of nothing, sixty-four noughts.', max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='changed',
            field=models.TextField(blank=True, help_text='The names of fields, with spaces between. Never a value.'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='form',
            field=models.PositiveSmallIntegerField(default=1, help_text='Which columns are sealed: see workflows.sealing.'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='ip',
            field=models.CharField(blank=True, max_length=45),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='listed',
            field=models.TextField(blank=True, help_text='The codes that a list showed, with spaces between.'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='on_behalf_of',
            field=models.CharField(blank=True, help_text='The id of whom a deputy stood in for; empty: for themselves.', max_length=40),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='outcome',
            field=models.CharField(blank=True, choices=[('done', 'Done'), ('refused', 'Refused')], help_text='Empty: first form.', max_length=10),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='reason',
            field=models.CharField(blank=True, help_text='A code, such as `not-visible`.', max_length=40),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='recorded_at',
            field=models.DateTimeField(help_text='By the clock of the database. NULL: first form.', null=True),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='request',
            field=models.CharField(blank=True, help_text='The number of the request.', max_length=32),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='session',
            field=models.CharField(blank=True, help_text='A mark of the session, not its key.', max_length=16),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='action',
            field=models.CharField(help_text='`read`, `list`, `export`, or the verb.', max_length=60),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='actor',
            field=models.CharField(help_text="The person's id, `system`, or `nobody`.", max_length=40),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='at',
            field=models.DateTimeField(help_text='When it was done, as the program had it.'),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='chain',
            field=models.UUIDField(db_column='chain_id', help_text='The id of the case, or of the person; noughts for the service.'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(fields=['actor', '-id'], name='ledger_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(fields=['at'], name='ledger_of_a_day'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('outcome', 'refused')), fields=['target'], name='ledger_refusals'),
        ),
        migrations.RunPython(write_the_ends_down, migrations.RunPython.noop),
        migrations.RunPython(keep_append_only, migrations.RunPython.noop),
        migrations.RunPython(triggers.forbid_truncate, triggers.allow_truncate),
    ]
