"""A subject-access copy of a case; and who makes, releases and takes one."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CODENAME, NAME = "disclose_case", "Can make, release and take a subject-access copy"
ROLES = ("business-manager", "co-chair")


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
    permission, _ = Permission.objects.get_or_create(
        content_type=kind, codename=CODENAME, defaults={"name": NAME}
    )
    held = seeing.values_list("group_id", "content_object_id", "begun_at").iterator()
    Grant.objects.bulk_create(
        [
            Grant(group_id=group, content_object_id=case, permission=permission, begun_at=begun_at)
            for group, case, begun_at in held
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_an_auditor'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('reviews', '0016_who_keeps_what_and_how_long'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='case',
            options={'permissions': [('refer_case', 'Can refer a case'), ('adopt_case', 'Can adopt a case'), ('consider_case', 'Can consider a case'), ('decline_case', 'Can decline a case'), ('reconsider_case', 'Can reconsider a case'), ('notify_case', 'Can notify a case'), ('notify_only_case', 'Can notify only a case'), ('hold_meeting_case', 'Can hold meeting a case'), ('decide_case', 'Can decide a case'), ('revise_case', 'Can revise a case'), ('submit_case', 'Can submit a case'), ('withdraw_case', 'Can withdraw a case'), ('finish_with_learning_case', 'Can finish with learning a case'), ('commission_case', 'Can commission a case'), ('hold_learning_event_case', 'Can hold learning event a case'), ('hold_recall_case', 'Can hold recall a case'), ('plan_publication_case', 'Can plan publication a case'), ('publish_case', 'Can publish a case'), ('close_case', 'Can close a case'), ('dispose_case', 'Can dispose a case'), ('ask_agencies_case', 'Can ask agencies for returns'), ('meet_milestone_case', 'Can record that a milestone was met'), ('move_dates_case', 'Can pause, extend and restart the clocks of a case'), ('sign_decision_case', 'Can sign a decision off for a safeguarding partner'), ('see_notices_case', 'Can see what was sent'), ('recuse_case', 'Can record and lift recusals, and answer a declared interest'), ('read_whole_case', 'Can read what was decided, said and done in a case'), ('share_case', 'Can share a case across the border'), ('open_case', 'Can approve break-glass on a case, and review it'), ('hold_case', 'Can hold a case for a court, and lift that'), ('disclose_case', 'Can make, release and take a subject-access copy')]},
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(help_text="The partnership's own, of the request.", max_length=200)),
                ('sealed_document', models.TextField(blank=True, help_text='Parts, as JSON. Empty once it expired or ended.')),
                ('redactions', models.JSONField(default=list, help_text='Part, reason and how often; never the words.')),
                ('prepared_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(help_text='NULL: a second person has not checked it.', null=True)),
                ('expires_at', models.DateTimeField(help_text='The first instant at which it can be taken no more.', null=True)),
                ('sha256', models.CharField(blank=True, help_text='Of the file of data, as released.', max_length=64)),
                ('ended_at', models.DateTimeField(help_text='NULL: nobody withdrew it.', null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='reviews.case')),
                ('child', models.ForeignKey(help_text='NULL: no child is named in it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.child')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-prepared_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='a_disclosure_has_a_reference'), models.CheckConstraint(condition=models.Q(models.Q(('expires_at', None), ('released_at', None), ('released_by', None), ('sha256', '')), models.Q(('expires_at__isnull', False), ('released_at__isnull', False), ('released_by__isnull', False), models.Q(('sha256', ''), _negated=True), models.Q(('released_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='another_person_releases_a_disclosure'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), ('sealed_document', '')), _connector='OR'), name='an_ended_disclosure_is_empty')],
            },
        ),
        migrations.RunPython(give_to_those_who_see_it, migrations.RunPython.noop),
    ]
