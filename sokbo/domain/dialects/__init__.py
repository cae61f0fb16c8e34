"""Partners' dialects, one per file: to add one is to add a file here and its line, and its format to the workers' feeds."""

from sokbo.domain.dialects.apple_news import APPLE_NEWS
from sokbo.domain.dialects.dialect import Dialect, Rule, Subject
from sokbo.domain.dialects.flipboard import FLIPBOARD
from sokbo.domain.dialects.msn import MSN
from sokbo.domain.dialects.smartnews import SMARTNEWS

__all__ = ["DIALECTS", "Dialect", "Rule", "Subject"]

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SMARTNEWS, FLIPBOARD, MSN, APPLE_NEWS)}
