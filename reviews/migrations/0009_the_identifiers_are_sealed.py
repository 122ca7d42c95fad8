"""Names, dates of birth and places that stand in the open are sealed, and what stood open is made empty.

Needs IDENTIFIER_KEYS where there is anything to seal. Killed half-way it can be run again: it is one transaction.
"""

from datetime import date

from django.db import migrations
from django.db.models import Q

from reviews.sealing import place_of, seal, unseal

AT_ONCE = 500


def _children(apps):
    return apps.get_model("reviews", "Child").objects


def _cases(apps):
    return apps.get_model("reviews", "Case").objects


def _of_child(column, child):
    return place_of("reviews_child", column, f"{child.case_id}/{child.number}")


def _of_case(case):
    return place_of("reviews_case", "sealed_place", case.pk)


def close(apps, schema_editor):
    changed = []
    for child in _children(apps).filter(~Q(name="") | Q(born_on__isnull=False)).iterator():
        born = child.born_on.isoformat() if child.born_on else ""
        child.sealed_name = seal(child.name, place=_of_child("sealed_name", child))
        child.sealed_born_on = seal(born, place=_of_child("sealed_born_on", child))
        child.name, child.born_on = "", None
        changed.append(child)
    _children(apps).bulk_update(
        changed, ["sealed_name", "sealed_born_on", "name", "born_on"], batch_size=AT_ONCE
    )
    moved = []
    for case in _cases(apps).exclude(place="").iterator():
        case.sealed_place, case.place = seal(case.place, place=_of_case(case)), ""
        moved.append(case)
    _cases(apps).bulk_update(moved, ["sealed_place", "place"], batch_size=AT_ONCE)


def open_again(apps, schema_editor):
    changed = []
    for child in _children(apps).exclude(sealed_name="", sealed_born_on="").iterator():
        born = unseal(child.sealed_born_on, place=_of_child("sealed_born_on", child))
        child.name = unseal(child.sealed_name, place=_of_child("sealed_name", child))
        child.born_on = date.fromisoformat(born) if born else None
        child.sealed_name = child.sealed_born_on = ""
        changed.append(child)
    _children(apps).bulk_update(
        changed, ["sealed_name", "sealed_born_on", "name", "born_on"], batch_size=AT_ONCE
    )
    moved = []
    for case in _cases(apps).exclude(sealed_place="").iterator():
        case.place, case.sealed_place = unseal(case.sealed_place, place=_of_case(case)), ""
        moved.append(case)
    _cases(apps).bulk_update(moved, ["sealed_place", "place"], batch_size=AT_ONCE)


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0008_room_for_sealed_identifiers'),
    ]

    operations = [migrations.RunPython(close, open_again)]
