"""A partner's rules: what is taken, and each broken one named by its field."""

from ipaddress import ip_network
from typing import Any

import pytest

from sokbo import partners
from sokbo.domain.event import EventType
from sokbo.domain.partner import ContentProfile, Filter
from sokbo.errors import Invalid

LOOPBACK = (ip_network("127.0.0.0/8"),)
LEAST = {"name": "Partner", "url": "https://partner.example/hook"}


def test_name_and_url_are_enough() -> None:
    wanted = partners.parse(LEAST, ())

    assert (wanted.channel, wanted.content, wanted.rel) == ("webhook", ContentProfile.SUMMARY, "noopener")
    assert wanted.domain_fields()["filter"] == Filter()


def test_null_is_the_same_as_not_given() -> None:
    nulls = {"channel": None, "content": None, "rel": None, "filter": {"events": None, "tags": None}}

    assert partners.parse({**LEAST, **nulls}, ()) == partners.parse({**LEAST, "filter": None}, ()) == partners.parse(LEAST, ())


def test_terms_are_kept_as_slugs_and_nothing_twice() -> None:
    said = {
        "events": ["breaking.started", "article.withdrawn", "breaking.started"],
        "categories": ["정치 사회", "Politics!", "politics"],
        "tags": ["APEC 2025"],
        "breaking_only": True,
    }

    assert partners.parse({**LEAST, "filter": said}, ()).domain_fields()["filter"] == Filter(
        events=(EventType.ARTICLE_WITHDRAWN, EventType.BREAKING_STARTED),
        categories=("politics", "정치-사회"),
        tags=("apec-2025",),
        breaking_only=True,
    )


@pytest.mark.parametrize(
    ("said", "kept"),
    [("", ""), ("NoFollow  sponsored", "nofollow sponsored"), ("ugc ugc noopener noreferrer", "ugc noopener noreferrer")],
)
def test_rel_is_made_of_registered_link_types(said: str, kept: str) -> None:
    assert partners.parse({**LEAST, "rel": said}, ()).rel == kept


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"name": None}, "name", "is required"),
        ({"name": "  "}, "name", "must not be empty"),
        ({"name": "x" * 201}, "name", "must have at most 200 characters"),
        ({"name": "a\0b"}, "name", "must not hold control characters"),
        ({"name": "\ud800"}, "name", "must not hold control characters"),
        ({"name": "a\ufffeb"}, "name", "must not hold control characters"),
        ({"name": "a\u202eb"}, "name", "must not hold control characters"),
        ({"name": "\u2066\u2069"}, "name", "must not hold control characters"),
        ({"name": 7}, "name", "must be text"),
        ({"url": None}, "url", "is required"),
        ({"url": "ftp://partner.example/"}, "url", "must begin with http:// or https://"),
        ({"url": "https://user:secret@partner.example/"}, "url", "must not contain a user name or password"),
        ({"url": "http://127.0.0.1/"}, "url", "must not lead to a private or reserved address"),
        ({"url": "https://partner.example/\ud800"}, "url", "must not contain invisible characters"),
        ({"channel": "telex"}, "channel", "must be one of webhook"),
        ({"content": "all"}, "content", "must be one of 'link', 'summary' or 'full'"),
        ({"content": ["link"]}, "content", "must be one of 'link', 'summary' or 'full'"),
        ({"rel": "dofollow"}, "rel", "must not say dofollow, which is no link type: links are followed unless rel says nofollow"),
        ({"rel": 'x" onclick="'}, "rel", "must be made of noopener, noreferrer, nofollow, sponsored, ugc, separated by spaces"),
        ({"filter": []}, "filter", "must be an object"),
        ({"filter": {"tags": "apec"}}, "filter.tags", "must be a list"),
        ({"filter": {"tags": ["apec", "!"]}}, "filter.tags.1", "must have a letter or a digit"),
        ({"filter": {"categories": ["x"] * 101}}, "filter.categories", "must have at most 100 items"),
        ({"filter": {"breaking_only": 1}}, "filter.breaking_only", "must be true or false"),
        ({"filter": {"authors": []}}, "filter.authors", "is not a field that is known here"),
        ({"secret": "whsec_"}, "secret", "is not a field that is known here"),
    ],
)
def test_broken_rule_is_named_by_its_field(fields: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        partners.parse({**LEAST, **fields}, ())

    assert [(error.field, error.rule) for error in refused.value.errors] == [(field, rule)]


def test_unknown_event_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as refused:
        partners.parse({**LEAST, "filter": {"events": ["article.read"]}}, ())

    [error] = refused.value.errors
    assert error.field == "filter.events.0"
    assert all(event in error.rule for event in EventType)


def test_every_broken_rule_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        partners.parse({"rel": "x", "more": 1}, ())

    assert {(error.field, error.code) for error in refused.value.errors} == {
        ("name", "required"),
        ("url", "required"),
        ("rel", "invalid"),
        ("more", "unknown_field"),
    }


def test_allowed_network_opens_its_addresses() -> None:
    assert partners.parse({**LEAST, "url": "http://127.0.0.1:9/"}, LOOPBACK).url == "http://127.0.0.1:9/"
