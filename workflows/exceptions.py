"""What the engine refuses, in words fit to show. Permission is Django's PermissionDenied, never one of these."""


class WorkflowError(Exception):
    """Something could not be done. The message says what, to which thing, why, and what would help.

    about names what of it is wrong, so that a page can say so beside it, such as `when`; empty when it is the whole.
    """

    def __init__(self, message: str = "", *, about: str = "") -> None:
        super().__init__(message)
        self.about = about


class WrongState(WorkflowError):
    """The subject is not in a state from which this transition leads."""


class Stale(WorkflowError):
    """The subject moved after the person looked at it."""


class NotMet(WorkflowError):
    """A condition of the transition does not hold."""


class CalendarEnds(WorkflowError):
    """A count ran past the days that the calendar covers."""


class NoSuchRule(WorkflowError):
    """No rule of that code was in force on that day."""


class NotADate(WorkflowError):
    """A date, or a limit, could not be read."""


class ClockError(WorkflowError):
    """A fact that cannot be true of this deadline, such as a resume without a pause.

    about is `when`, `start`, `by`, `to`, `authority` or `reason`; empty when it is the fact itself.
    """


class LadderError(WorkflowError):
    """A ladder that nobody could climb, or that would let a statutory clock pass in silence."""


class RecusalError(WorkflowError):
    """A recusal, or the answer to a declared interest, that could not be recorded."""


class SharingError(WorkflowError):
    """A share across the border that could not be made or ended."""


class BreakGlassError(WorkflowError):
    """A request to see a case that could not be made, answered, ended or closed."""


class RetentionError(WorkflowError):
    """A hold, a review of how long something is kept, or a disposal that could not be recorded."""
