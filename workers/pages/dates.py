"""Moments as readers see them: in the site's language and time zone."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format, get_time_format
from markupsafe import Markup, escape

from sokbo.domain.site import Site


def time_element(moment: datetime, site: Site) -> Markup:
    """A <time> element, to the minute for people and to the second for programs. It runs as its words do, whatever is around."""
    local = moment.astimezone(ZoneInfo(site.timezone))
    minute = local.replace(second=0, microsecond=0)
    said = escape(format_minute(minute, site.language))
    return Markup(f'<time datetime="{local.isoformat(timespec="seconds")}" dir="auto">{said}</time>')  # noqa: S704 - escaped


def format_minute(local: datetime, language: str) -> str:
    """Date and time in words: '2026년 11월 22일 오전 7:32', 'November 22, 2026, 7:32 AM'."""
    return _joined(language).format(_time_of_day(local.time(), language), _day(local.date(), language))


def shown_as_modified(published: datetime | None, modified: datetime) -> bool:
    """True if readers would see a later time than the publication's."""
    return published is not None and modified.replace(second=0, microsecond=0) > published.replace(second=0, microsecond=0)


@lru_cache(maxsize=64)
def _joined(language: str) -> str:
    """How the locale joins a time, {0}, and a date, {1}."""
    return str(get_datetime_format("medium", locale=locale_of(language)))


@lru_cache(maxsize=1024)
def _day(local: date, language: str) -> str:
    return format_date(local, "long", locale=locale_of(language))


@lru_cache(maxsize=4096)
def _time_of_day(local: time, language: str) -> str:
    locale = locale_of(language)
    return format_time(local, _time_pattern(locale), locale=locale)


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """What is known of the language's ways; English where we don't know it."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=64)
def _time_pattern(locale: Locale) -> str:
    """The locale's short pattern with the day period in full, since Korean abbreviates 오전 to AM."""
    return str(get_time_format("short", locale=locale).pattern).replace("a", "aaaa")
