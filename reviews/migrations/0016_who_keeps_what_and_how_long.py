"""How long records are kept, what is held for a court, who reviewed it, and the certificates of what was disposed of."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workflows import triggers

GIVEN = (
    ("hold_case", "Can hold a case for a court, and lift that"),
    ("dispose_case", "Can dispose a case"),
)
ROLES = ("business-manager", "independent-chair", "co-chair")


def keep_to_the_rules(apps, schema_editor):
    triggers.keep_append_only(schema_editor, "reviews_disposal")
    triggers.let_what_is_disposed_of_be_forgotten(schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(triggers.never_emptied("reviews_disposal"))


def keep_as_before(apps, schema_editor):
    triggers.let_nothing_be_forgotten(schema_editor)


def give_to_those_who_see_it(apps, schema_editor):
    """Cases that there are already get the grants that new ones get."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Grant = apps.get_model("reviews", "CaseGroupGrant")
    Seat = apps.get_model("accounts", "Seat")
    seats = Seat.objects.filter(role__in=ROLES).values("group")
    seeing = Grant.objects.filter(
        permission__codename="view_case", permission__content_type__model="case", group__in=seats
    )
    if not seeing.exists():
        return  # a new database: the permissions are made after the migrations
    kind, _ = ContentType.objects.get_or_create(app_label="reviews", model="case")
    for codename, name in GIVEN:
        permission, _ = Permission.objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
        Grant.objects.bulk_create(
            [
                Grant(group_id=group, content_object_id=case, permission=permission, begun_at=begun_at)
                for group, case, begun_at in seeing.values_list(
                    "group_id", "content_object_id", "begun_at"
                ).iterator()
            ],
            ignore_conflicts=True,
            batch_size=1000,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_an_auditor'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('reviews', '0015_corrections_are_not_emptied_at_once'),
        ('workflows', '0011_the_ledger_in_full'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='case',
            options={'permissions': [('refer_case', 'Can refer a case'), ('adopt_case', 'Can adopt a case'), ('consider_case', 'Can consider a case'), ('decline_case', 'Can decline a case'), ('reconsider_case', 'Can reconsider a case'), ('notify_case', 'Can notify a case'), ('notify_only_case', 'Can notify only a case'), ('hold_meeting_case', 'Can hold meeting a case'), ('decide_case', 'Can decide a case'), ('revise_case', 'Can revise a case'), ('submit_case', 'Can submit a case'), ('withdraw_case', 'Can withdraw a case'), ('finish_with_learning_case', 'Can finish with learning a case'), ('commission_case', 'Can commission a case'), ('hold_learning_event_case', 'Can hold learning event a case'), ('hold_recall_case', 'Can hold recall a case'), ('plan_publication_case', 'Can plan publication a case'), ('publish_case', 'Can publish a case'), ('close_case', 'Can close a case'), ('dispose_case', 'Can dispose a case'), ('ask_agencies_case', 'Can ask agencies for returns'), ('meet_milestone_case', 'Can record that a milestone was met'), ('move_dates_case', 'Can pause, extend and restart the clocks of a case'), ('sign_decision_case', 'Can sign a decision off for a safeguarding partner'), ('see_notices_case', 'Can see what was sent'), ('recuse_case', 'Can record and lift recusals, and answer a declared interest'), ('read_whole_case', 'Can read what was decided, said and done in a case'), ('share_case', 'Can share a case across the border'), ('open_case', 'Can approve break-glass on a case, and review it'), ('hold_case', 'Can hold a case for a court, and lift that')]},
        ),
        migrations.CreateModel(
            name='RetentionReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_class', models.CharField(max_length=20)),
                ('outcome', models.CharField(choices=[('dispose', 'Dispose of it'), ('keep', 'Keep it longer')], max_length=10)),
                ('reason', models.CharField(max_length=1000)),
                ('next_review_on', models.DateField(help_text='NULL: it is to be disposed of.', null=True)),
                ('basis', models.JSONField()),
                ('proposed_at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, choices=[('agreed', 'Agreed'), ('withdrawn', 'Withdrawn')], help_text='Empty: it waits for one.', max_length=10)),
                ('settled_at', models.DateTimeField(help_text='NULL: it waits.', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='retention_reviews', to='reviews.case')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['proposed_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Disposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_class', models.CharField(max_length=20)),
                ('due_from', models.DateField(help_text='From when it might be disposed of, by the rules of that day.')),
                ('rules', models.JSONField(help_text='Each rule by which that day was counted, in words, with its source.')),
                ('removed', models.JSONField(help_text='How many rows of each kind something was removed from.')),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('ledger_sequence', models.PositiveIntegerField(help_text="The entry of the case's chain that tells of it.")),
                ('ledger_hash', models.CharField(max_length=64)),
                ('agreed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disposals', to='reviews.case')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='disposal', to='reviews.retentionreview')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_class', models.CharField(max_length=20)),
                ('trigger', models.CharField(max_length=30)),
                ('years', models.PositiveSmallIntegerField(help_text='NULL: without end.', null=True)),
                ('citation', models.CharField(blank=True, max_length=500)),
                ('reason', models.CharField(blank=True, max_length=1000)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(help_text='Inclusive. NULL: no later version was set.', null=True)),
                ('recorded_at', models.DateTimeField()),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='retention_rules', to='accounts.partnership')),
                ('recorded_by', models.ForeignKey(help_text='NULL: the system.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['record_class', 'trigger', 'valid_from', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='Which line of the list of reasons.', max_length=40)),
                ('reference', models.CharField(help_text='Who asked for it, and under which reference.', max_length=300)),
                ('at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(help_text='NULL: it holds.', null=True)),
                ('lifted_reason', models.CharField(blank=True, max_length=1000)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='legal_holds', to='reviews.case')),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='a_hold_says_for_whom'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_by', None), ('lifted_reason', '')), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False), models.Q(('lifted_reason', ''), _negated=True)), _connector='OR'), name='a_lifted_hold_says_by_whom_and_why')],
            },
        ),
        migrations.AddConstraint(
            model_name='retentionreview',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_retention_review_says_why'),
        ),
        migrations.AddConstraint(
            model_name='retentionreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_review_on__isnull', False), ('outcome', 'keep')), models.Q(('next_review_on', None), ('outcome', 'dispose')), _connector='OR'), name='what_is_kept_is_looked_at_again'),
        ),
        migrations.AddConstraint(
            model_name='retentionreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('settled_at', None), ('settled_by', None)), models.Q(('answer__in', ['agreed', 'withdrawn']), ('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='a_retention_review_is_settled_once'),
        ),
        migrations.AddConstraint(
            model_name='retentionreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', 'agreed'), _negated=True), models.Q(('settled_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='two_people_agree_what_becomes_of_a_record'),
        ),
        migrations.AddConstraint(
            model_name='retentionreview',
            constraint=models.UniqueConstraint(condition=models.Q(('settled_at', None)), fields=('case', 'record_class'), name='one_retention_review_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.UniqueConstraint(fields=('case', 'record_class'), name='disposed_of_once'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', models.F('proposed_by')), _negated=True), name='a_disposal_takes_two'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('citation', ''), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='retention_rule_says_why'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='retention_rule_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('partnership', 'record_class', 'trigger'), name='one_open_retention_rule'),
        ),
        migrations.RunPython(keep_to_the_rules, keep_as_before),
        migrations.RunPython(give_to_those_who_see_it, migrations.RunPython.noop),
    ]
