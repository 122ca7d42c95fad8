"""What the engine says. Sent after the save and inside the transaction: listeners write rows, workers act later."""

from django.dispatch import Signal

transitioned = Signal()
"""A subject moved. Arguments: subject, record (TransitionRecord), tells ({audience: news}), at."""

rungs_reached = Signal()
"""Rungs whose time came, a batch. Arguments: rungs (list of Rung, with deadline and subject), at, outage (or None)."""

service_news = Signal()
"""Those who look after partnerships must know something about the service: news, key (tells it once), by, at."""

announced = Signal()
"""Something was done that is no move. Arguments: subject, key (of what was done), tells ({audience: news}), by, at."""

rungs_foreseen = Signal()
"""Rungs that would be reached; nothing is written. Arguments: rungs (each with the instant), calendar.
A listener answers with what it would tell, as a list of workflows.services.simulating.Telling."""

people_told = Signal()
"""Certain people must know something about no one subject. Arguments: news, key (tells it once), people, at."""

ledger_anchored = Signal()
"""The ends of the ledger's chains were written down outside. Arguments: anchor (LedgerAnchor), at."""
