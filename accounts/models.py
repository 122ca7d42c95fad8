"""Who a person is, and for whom they act. Knows nothing else."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from guardian.mixins import GuardianUserMixin

LONDON = ZoneInfo("Europe/London")


def in_window(on: date, prefix: str = "") -> Q:
    """The condition that a row's starts_on .. ends_on (both inclusive, open when NULL) holds on that day."""
    return (Q(**{f"{prefix}starts_on": None}) | Q(**{f"{prefix}starts_on__lte": on})) & (
        Q(**{f"{prefix}ends_on": None}) | Q(**{f"{prefix}ends_on__gte": on})
    )


class Role(models.TextChoices):
    """What a person does for a body. A seat is a role in one body."""

    BUSINESS_MANAGER = "business-manager", "Business manager"
    SUB_GROUP_MEMBER = "sub-group-member", "Serious-cases sub-group member"
    CO_CHAIR = "co-chair", "Co-chair of the serious-cases sub-group"
    INDEPENDENT_CHAIR = "independent-chair", "Independent chair"
    DELEGATED_PARTNER = "delegated-partner", "Delegated safeguarding partner"
    LEAD_PARTNER = "lead-partner", "Lead safeguarding partner"
    AUTHOR = "author", "Agency contact and author"
    SAFEGUARDING_LEAD = "safeguarding-lead", "Agency safeguarding lead"
    PANEL = "panel", "Child Safeguarding Practice Review Panel"
    USER_ADMINISTRATOR = "user-administrator", "User administrator"
    AUDITOR = "auditor", "Auditor"


AGENCY_ROLES = (Role.AUTHOR, Role.SAFEGUARDING_LEAD, Role.DELEGATED_PARTNER, Role.LEAD_PARTNER)
"""Held for one agency; the others are held for the partnership (or, for the Panel, for neither)."""


ADMINISTRATORS = (Role.BUSINESS_MANAGER, Role.USER_ADMINISTRATOR)
"""Who looks after a partnership's agencies and people, and after what all partnerships share: the calendar."""


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, full_name: str, password: str | None = None) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), full_name=full_name)
        user.set_password(password)
        user.save(using=self._db)
        return user


HELD = """
SELECT m.user_id, m.seat_id, s.partnership_id
FROM accounts_membership m JOIN accounts_seat s ON s.group_id = m.seat_id
WHERE m.user_id IN (
    SELECT %s UNION
    SELECT d.person_id FROM accounts_deputy d JOIN accounts_user u ON u.id = d.person_id
    WHERE d.deputy_id = %s AND d.starts_on <= %s AND d.ends_on >= %s AND u.is_active
) AND (m.starts_on IS NULL OR m.starts_on <= %s) AND (m.ends_on IS NULL OR m.ends_on >= %s)
"""
"""The seats held on a day by a person, and by whom they stand in for. As text: it is asked many times a page."""


def _as_key(stored: Any) -> uuid.UUID:
    """A key as this database answers with it."""
    return stored if isinstance(stored, uuid.UUID) else uuid.UUID(stored)


class User(GuardianUserMixin, AbstractBaseUser, PermissionsMixin):
    """A person, signed in by e-mail address. What they may do comes from their seats, never from a flag."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("email address", unique=True, max_length=254)
    full_name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, help_text="When they last used the service, to the minute.")
    suspended_at = models.DateTimeField(
        null=True, help_text="Since when they may not, for not having used it."
    )
    session_seal = models.PositiveIntegerField(
        default=0, help_text="One more ends every session there is, wherever it is kept."
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_per_email")]

    def __str__(self) -> str:
        return self.full_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must still agree with: it ends with the password, and with the seal."""
        words = f"{self.password}:{self.session_seal}"
        return salted_hmac("accounts.User.session", words, secret=secret, algorithm="sha256").hexdigest()

    def stands_for(self, *, at: datetime) -> dict[uuid.UUID, set[int]]:
        """The keys of the seats this person acts for at the instant, by the person through whom: first their own.

        In one query. Empty for who is inactive or suspended. Deputising does not chain: a deputy's deputy holds
        nothing. Cover never outlives a deputy's own seat and never crosses a wall: it opens only seats of
        a partnership in which the deputy holds one that day, and the Panel's (whose partnership is NULL)
        only to the Panel. A seat of their own is not named again for somebody they stand in for.
        """
        if not self.is_active or self.suspended_at:
            return {}
        on = at.astimezone(LONDON).date()
        day, me = (
            connection.ops.adapt_datefield_value(on),
            User._meta.pk.get_db_prep_value(self.pk, connection),
        )
        with connection.cursor() as cursor:
            cursor.execute(HELD, [me, me, day, day, day, day])
            held = [(_as_key(user), seat, partnership) for user, seat, partnership in cursor.fetchall()]
        walls = {partnership for user, _, partnership in held if user == self.pk}
        own = {seat for user, seat, _ in held if user == self.pk}
        found: dict[uuid.UUID, set[int]] = {self.pk: own}
        for user, seat, partnership in held:
            if seat not in own and partnership in walls:
                found.setdefault(user, set()).add(seat)
        return found

    def seats_acted_for(self, *, at: datetime) -> set[int]:
        """The keys of all of those seats, through whomever: see stands_for."""
        return set().union(*self.stands_for(at=at).values())


class Partnership(models.Model):
    """A local safeguarding children partnership: the wall round its cases."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    reference_prefix = models.CharField(
        max_length=10, help_text="The letters that case references begin with, such as BSCP."
    )

    def __str__(self) -> str:
        return self.name


class Agency(models.Model):
    """A body that may hold records about a family, and is asked for a return."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="agencies")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, help_text="Which line of the typical agency list this is.")
    email_domain = models.CharField(max_length=200, blank=True, help_text="Work addresses end in this.")
    phone = models.CharField(max_length=40, blank=True, help_text="To ring about its returns.")
    is_safeguarding_partner = models.BooleanField(
        default=False, help_text="One of the three (or four) partners who sign decisions off."
    )
    is_asked_first = models.BooleanField(default=False, help_text="Suggested whenever returns are asked for.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("partnership", Lower("name"), name="one_agency_per_name")]

    def __str__(self) -> str:
        return self.name


class SeatQuerySet(models.QuerySet["Seat"]):
    def held_by(self, user: User, *, on: date) -> "SeatQuerySet":
        """Seats of the person's own, on the day."""
        return self.filter(pk__in=Membership.objects.filter(in_window(on), user=user).values("seat"))

    def acted_for_by(self, user: User, *, at: datetime) -> "SeatQuerySet":
        """Seats the person may act for at the instant: see User.seats_acted_for."""
        return self.filter(pk__in=user.seats_acted_for(at=at))


class Seat(models.Model):
    """A role in one body, which people hold one after another. Grants are made to the seat's group.

    partnership is NULL only for the national Panel; agency is NULL for roles of the whole partnership.
    """

    group = models.OneToOneField(Group, on_delete=models.PROTECT, primary_key=True)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, null=True, related_name="seats")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="seats")
    role = models.CharField(max_length=40, choices=Role)

    objects = SeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "role"],
                condition=Q(agency__isnull=False),
                name="one_seat_per_role_and_agency",
            ),
            models.UniqueConstraint(
                fields=["partnership", "role"],
                condition=Q(agency=None, partnership__isnull=False),
                name="one_seat_per_role_and_partnership",
            ),
            models.UniqueConstraint(
                fields=["role"], condition=Q(agency=None, partnership=None), name="one_national_seat_per_role"
            ),
        ]

    def __str__(self) -> str:
        body = self.agency or self.partnership
        return f"{self.get_role_display()}, {body}" if body else self.get_role_display()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def on(self, day: date) -> "MembershipQuerySet":
        """Memberships in force on the day, of people who are active."""
        return self.filter(in_window(day), user__is_active=True)


class Membership(models.Model):
    """A person in a seat, between two days (inclusive; open when NULL)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="memberships")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True, help_text="To ring them as who holds this seat.")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "seat"], name="one_membership_per_seat")]

    def __str__(self) -> str:
        return f"{self.user}: {self.seat}"


class Deputy(models.Model):
    """Leave cover: `deputy` acts for `person` between two days (inclusive).

    In all seats that `person` holds where `deputy` holds one too: see User.seats_acted_for.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputises_for")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(person=models.F("deputy")), name="nobody_deputises_for_themselves"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="cover_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"


class Receipt(models.Model):
    """That a form was sent once, and where its answer is. A second copy of the same form gets the same answer."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    path = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    answer_url = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now_add=True)


# ---- How people get in -----------------------------------------------------------------------
class AccountEvent(models.Model):
    """Something that happened to an account: append-only, as a trigger sees to. No words that anybody typed.

    `actor` is who did it, NULL for a stranger or the system; `subject` whose account it was, NULL when the address
    that was tried is nobody's.
    """

    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="account_events")
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=60, help_text="The browser and system, such as Firefox on Windows.")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="events_of_an_account")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Letter(models.Model):
    """A mail about an account that is owed: a row first, sent by a worker, so that asking costs the same for all.

    `person` is NULL where an address was typed by a stranger: whose it is, if anybody's, is looked up when it is
    sent. A link is made only then, and never kept.
    """

    kind = models.CharField(max_length=40)
    address = models.CharField(max_length=254, blank=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="letters")
    about = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="Sent, or found to be for nobody, or too old.")

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="letters_owed", condition=Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class KnownDevice(models.Model):
    """A browser in which somebody has signed in before; it carries the secret whose hash this is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    secret_hash = models.CharField(max_length=64)
    first_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "secret_hash"], name="one_device_per_secret_and_user")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.first_at:%Y-%m-%d}"


class LostFactors(models.Model):
    """That somebody lost every second factor: one administrator says how they proved who they are, another agrees."""

    class Proof(models.TextChoices):
        IN_PERSON = "in-person", "I met them, and know them or saw a photo card"
        VIDEO = "video", "I spoke to them by video, and know them or saw a photo card"
        VOUCHED = "vouched", "Their line manager, whom I called on a number of the agency, vouched for them"

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="lost_factors")
    proof = models.CharField(max_length=20, choices=Proof)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    was_agreed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(settled_at=None), name="one_open_loss_per_person"
            ),
            models.CheckConstraint(
                condition=Q(was_agreed=False) | ~Q(settled_by=models.F("asked_by")),
                name="two_people_agree_that_factors_are_lost",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.asked_at:%Y-%m-%d}"
