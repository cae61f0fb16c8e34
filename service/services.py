"""What the routes are given: built once in `app.py`."""

from dataclasses import dataclass

from service.auth import Authenticator
from service.metrics import Metrics
from service.nudger import Nudger
from service.writer import Writer
from sokbo.broker import Broker
from sokbo.net.sealing import Sealer
from sokbo.settings import Settings
from sokbo.storage import Database


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    broker: Broker
    writer: Writer
    nudger: Nudger
    authenticator: Authenticator
    metrics: Metrics
    sealer: Sealer
