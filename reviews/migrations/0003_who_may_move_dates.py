"""Who may move dates: whoever records milestones on a case, and whoever may cancel a return."""

from django.db import migrations

LIKE = (
    ("case", "meet_milestone_case", "move_dates_case", "Can pause, extend and restart the clocks of a case"),
    ("agencyreturn", "cancel_agencyreturn", "move_dates_agencyreturn", "Can pause, extend and restart the clocks of a return"),
)


def give_to_those_who_run_it(apps, schema_editor):
    """Cases and returns that there are already get the grants that new ones get."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    stores = {
        "case": apps.get_model("reviews", "CaseGroupGrant"),
        "agencyreturn": apps.get_model("reviews", "AgencyReturnGroupGrant"),
    }
    for model, held, given, name in LIKE:
        store = stores[model]
        grants = store.objects.filter(permission__codename=held, permission__content_type__model=model)
        if not grants.exists():
            continue  # a new database: the permission is made after the migrations
        kind, _ = ContentType.objects.get_or_create(app_label="reviews", model=model)
        permission, _ = Permission.objects.get_or_create(
            content_type=kind, codename=given, defaults={"name": name}
        )
        pairs = grants.values_list("group_id", "content_object_id")
        store.objects.bulk_create(
            [store(group_id=group, content_object_id=one, permission=permission) for group, one in pairs.iterator()],
            ignore_conflicts=True,
            batch_size=1000,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('reviews', '0002_phone_calls_about_a_return'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='agencyreturn',
            options={'permissions': [('acknowledge_agencyreturn', 'Can acknowledge a return'), ('draft_agencyreturn', 'Can draft a return'), ('declare_nil_agencyreturn', 'Can declare nil a return'), ('finish_agencyreturn', 'Can finish a return'), ('sign_off_agencyreturn', 'Can sign off a return'), ('send_back_agencyreturn', 'Can send back a return'), ('accept_agencyreturn', 'Can accept a return'), ('cancel_agencyreturn', 'Can cancel a return'), ('return_to_author_agencyreturn', 'Can return to author a return'), ('move_dates_agencyreturn', 'Can pause, extend and restart the clocks of a return')]},
        ),
        migrations.AlterModelOptions(
            name='case',
            options={'permissions': [('refer_case', 'Can refer a case'), ('adopt_case', 'Can adopt a case'), ('consider_case', 'Can consider a case'), ('decline_case', 'Can decline a case'), ('reconsider_case', 'Can reconsider a case'), ('notify_case', 'Can notify a case'), ('notify_only_case', 'Can notify only a case'), ('hold_meeting_case', 'Can hold meeting a case'), ('decide_case', 'Can decide a case'), ('revise_case', 'Can revise a case'), ('submit_case', 'Can submit a case'), ('withdraw_case', 'Can withdraw a case'), ('finish_with_learning_case', 'Can finish with learning a case'), ('commission_case', 'Can commission a case'), ('hold_learning_event_case', 'Can hold learning event a case'), ('hold_recall_case', 'Can hold recall a case'), ('plan_publication_case', 'Can plan publication a case'), ('publish_case', 'Can publish a case'), ('close_case', 'Can close a case'), ('ask_agencies_case', 'Can ask agencies for returns'), ('meet_milestone_case', 'Can record that a milestone was met'), ('move_dates_case', 'Can pause, extend and restart the clocks of a case'), ('sign_decision_case', 'Can sign a decision off for a safeguarding partner'), ('see_notices_case', 'Can see what was sent')]},
        ),
        migrations.RunPython(give_to_those_who_run_it, migrations.RunPython.noop),
    ]
