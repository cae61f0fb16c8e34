"""Moments as readers see them: in the site's language and time zone."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format, get_time_format
from markupsafe import Markup

from sokbo.domain.site import Site

_TIME = Markup('<time datetime="{}">{}</time>')


def time_element(moment: datetime, site: Site) -> Markup:
    """A <time> element, to the minute for people and to the second for programs."""
    local = moment.astimezone(ZoneInfo(site.timezone))
    minute = local.replace(second=0, microsecond=0)
    return _TIME.format(local.isoformat(timespec="seconds"), format_minute(minute, site.language))


@lru_cache(maxsize=1024)
def format_minute(local: datetime, language: str) -> str:
    """Date and time in words: '2026년 11월 22일 오전 7:32', 'November 22, 2026, 7:32 AM'."""
    locale = _locale(language)
    date = format_date(local.date(), "long", locale=locale)
    time = format_time(local, _time_pattern(locale), locale=locale)
    return str(get_datetime_format("medium", locale=locale)).format(time, date)


def shown_as_modified(published: datetime | None, modified: datetime) -> bool:
    """True if readers would see a later time than the publication's."""
    return published is not None and modified.replace(second=0, microsecond=0) > published.replace(second=0, microsecond=0)


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=64)
def _time_pattern(locale: Locale) -> str:
    """The locale's short pattern with the day period in full, since Korean abbreviates 오전 to AM."""
    return str(get_time_format("short", locale=locale).pattern).replace("a", "aaaa")
