"""Who reads all of a case, who shares it across the border, and who opens it in an emergency."""

from django.db import migrations


EVERYBODY = None
GIVEN = (
    ("read_whole_case", "Can read what was decided, said and done in a case", EVERYBODY),
    ("share_case", "Can share a case across the border", ("business-manager",)),
    (
        "open_case",
        "Can approve break-glass on a case, and review it",
        ("business-manager", "independent-chair", "co-chair"),
    ),
)
"""A permission, its name, and the roles that get it, of those who see the case."""


def give_to_those_who_see_it(apps, schema_editor):
    """Cases that there are already get the grants that new ones get."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Grant = apps.get_model("reviews", "CaseGroupGrant")
    Seat = apps.get_model("accounts", "Seat")
    seeing = Grant.objects.filter(permission__codename="view_case", permission__content_type__model="case")
    if not seeing.exists():
        return  # a new database: the permissions are made after the migrations
    kind, _ = ContentType.objects.get_or_create(app_label="reviews", model="case")
    for codename, name, roles in GIVEN:
        permission, _ = Permission.objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
        held = seeing
        if roles is not EVERYBODY:
            held = seeing.filter(group__in=Seat.objects.filter(role__in=roles).values("group"))
        Grant.objects.bulk_create(
            [
                Grant(group_id=group, content_object_id=case, permission=permission)
                for group, case in held.values_list("group_id", "content_object_id").iterator()
            ],
            ignore_conflicts=True,
            batch_size=1000,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_people'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('reviews', '0006_who_may_record_a_recusal'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='case',
            options={'permissions': [('refer_case', 'Can refer a case'), ('adopt_case', 'Can adopt a case'), ('consider_case', 'Can consider a case'), ('decline_case', 'Can decline a case'), ('reconsider_case', 'Can reconsider a case'), ('notify_case', 'Can notify a case'), ('notify_only_case', 'Can notify only a case'), ('hold_meeting_case', 'Can hold meeting a case'), ('decide_case', 'Can decide a case'), ('revise_case', 'Can revise a case'), ('submit_case', 'Can submit a case'), ('withdraw_case', 'Can withdraw a case'), ('finish_with_learning_case', 'Can finish with learning a case'), ('commission_case', 'Can commission a case'), ('hold_learning_event_case', 'Can hold learning event a case'), ('hold_recall_case', 'Can hold recall a case'), ('plan_publication_case', 'Can plan publication a case'), ('publish_case', 'Can publish a case'), ('close_case', 'Can close a case'), ('ask_agencies_case', 'Can ask agencies for returns'), ('meet_milestone_case', 'Can record that a milestone was met'), ('move_dates_case', 'Can pause, extend and restart the clocks of a case'), ('sign_decision_case', 'Can sign a decision off for a safeguarding partner'), ('see_notices_case', 'Can see what was sent'), ('recuse_case', 'Can record and lift recusals, and answer a declared interest'), ('read_whole_case', 'Can read what was decided, said and done in a case'), ('share_case', 'Can share a case across the border'), ('open_case', 'Can approve break-glass on a case, and review it')]},
        ),
        migrations.RunPython(give_to_those_who_see_it, migrations.RunPython.noop),
    ]
