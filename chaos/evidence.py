"""All that is known when the run is over, for the checks and the figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from chaos.ledger import Ledger
from chaos.partners import Character, Receipt
from chaos.promise import Promise
from chaos.reader import View
from chaos.subscribers import Content

#: Of the pushes to healthy partners in a run of usual length.
MOST_DUPLICATES = 0.05


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What one partner got, in the order in which it came. `strays`: requests that it should never have had."""

    partner_id: str
    character: Character
    receipts: Sequence[Receipt]
    strays: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one subscriber to a feed was sent, in the order in which it came."""

    path: str
    is_flaky: bool
    contents: Sequence[Content]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`torn`: feeds seen during the run that were none; `troubles`: what went wrong in starting and ending. `most_duplicates` is
    the share of pushes to healthy partners that may be repetitions."""

    promises: Sequence[Promise]
    views: Sequence[View]
    mailboxes: Sequence[Mailbox]
    ledger: Ledger
    subscriptions: Sequence[Subscription] = ()
    torn: Sequence[str] = ()
    troubles: Sequence[str] = ()
    most_duplicates: float = MOST_DUPLICATES
