"""Errors named by what the caller may do next.

VenueError
├── Rejected         the venue said no: terminal, in the venue's own words
├── NotSent          the venue surely did not take it: wait, then send again
└── OutcomeUnknown   it may have been taken: look it up, never send blindly
LeaseLost            another run holds the lease: stop writing and sending
NotReady             something that will come is not there yet: try the record again
NeedsAPerson         no evidence settles an order; ends its saga, which can be redriven
NotSettled           an order is still on its way; ends its saga, which can be redriven
NoFurther            a back-fill is stuck at a page; ends its saga, which can be redriven
NoSuchAccount        it is not there, or somebody else's
SyncRefused          a person asked for a back-fill that cannot be; the message says why
"""


class PilotfishError(Exception):
    """Base of every error that Pilotfish raises on purpose."""


class VenueError(PilotfishError):
    """A call to a venue did not succeed."""


class Rejected(VenueError):
    """The venue refused the request and will refuse it again."""


class NotSent(VenueError):
    """The request surely had no effect; it may be sent again after `wait_s` seconds."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class OutcomeUnknown(VenueError):
    """The request may have had an effect; only evidence from the venue can tell."""


class LeaseLost(PilotfishError):
    """The fencing number is no longer the current one."""


class NotReady(PilotfishError):
    """A precondition is not met yet, for example a venue whose instruments are not loaded."""


class NeedsAPerson(PilotfishError):
    """What became of an order cannot be found out; the message says why."""


class NotSettled(PilotfishError):
    """An order was not brought to its end in time; the message says where it is."""


class NoFurther(PilotfishError):
    """A back-fill could not read or write its next page; the message says why."""


class NoSuchAccount(PilotfishError):
    """There is no such account, or it is not the caller's; the message names it."""


class SyncRefused(PilotfishError):
    """A back-fill that cannot be started, stopped or tried again; the message says why."""
