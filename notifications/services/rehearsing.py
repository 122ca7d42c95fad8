"""For the demonstration only: an invented history was never mailed, but should look as if it had been."""

from datetime import datetime, timedelta

from django.db.models import F

from notifications.models import Notice


def count_as_sent(*, before: datetime, seen_after: timedelta = timedelta(days=2)) -> int:
    """Mark what would have gone out before the instant as sent in its time; old ones as seen. Returns how many."""
    past = Notice.objects.filter(state=Notice.State.WAITING, send_after__lt=before)
    past.filter(send_after__lt=before - seen_after).update(seen_at=F("send_after"))
    return past.become(Notice.State.SENT, sent_at=F("send_after"), next_try_at=None)
