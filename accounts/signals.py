"""The one signal that accounts sends, inside the transaction, after its own row is written."""

from django.dispatch import Signal

account_event = Signal()
"""Something happened to an account. Sent with `event`, the AccountEvent that was written."""
