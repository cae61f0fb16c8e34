from datetime import UTC, datetime

import pytest

from service.site_directory import SiteDirectory
from sokbo.domain.ids import SiteId
from sokbo.domain.site import Site


def site(name: str, base_url: str) -> Site:
    return Site(SiteId(1), name, name.title(), base_url, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_site_is_found_by_its_name() -> None:
    directory = SiteDirectory()
    directory.replace([site("news", "https://a.example/news")])
    found = directory.named("news")
    assert found is not None
    assert found.name == "news"
    assert directory.named("other") is None


@pytest.mark.parametrize("host", ["a.example", "A.Example", "a.example:443", "a.example:80"])
def test_a_host_is_found_in_every_spelling(host: str) -> None:
    directory = SiteDirectory()
    directory.replace([site("news", "https://a.example")])
    assert directory.at_host(host) is not None


def test_another_port_is_another_host() -> None:
    directory = SiteDirectory()
    directory.replace([site("news", "http://a.example:8080")])
    assert directory.at_host("a.example:8080") is not None
    assert directory.at_host("a.example") is None


def test_a_site_below_a_path_has_no_host_to_itself() -> None:
    directory = SiteDirectory()
    directory.replace([site("news", "https://a.example/news")])
    assert directory.at_host("a.example") is None


def test_sites_of_a_host_are_found_whether_they_share_it_or_not() -> None:
    directory = SiteDirectory()
    directory.replace(
        [site(name, f"https://{host}") for name, host in (("a", "x.example/a"), ("b", "X.example:443"), ("c", "y.example"))]
    )
    assert [found.name for found in directory.below_host("x.example")] == ["a", "b"]
    assert directory.below_host("z.example") == []


def test_replacing_tells_whether_anything_changed() -> None:
    directory = SiteDirectory()
    assert directory.replace([site("news", "https://a.example")])
    assert not directory.replace([site("news", "https://a.example")])
    assert directory.replace([site("news", "https://b.example")])
    assert directory.at_host("a.example") is None


def test_address_below_two_sites_is_the_nearer_ones() -> None:
    outer, inner = site("outer", "https://h.example/a"), site("inner", "https://h.example/a/b")
    for told in ([outer, inner], [inner, outer]):
        directory = SiteDirectory()
        directory.replace(told)
        assert directory.at_address("h.example", "/a/b/feed.atom") == (inner, "/feed.atom")
        assert directory.at_address("H.example:443", "/a/feed.atom") == (outer, "/feed.atom")
        assert directory.at_address("h.example", "/a/bc") == (outer, "/bc")
        assert directory.at_address("h.example", "/b/feed.atom") is None
        assert directory.at_address("h.example", "/a") is None  # which only leads to /a/
        assert directory.at_address("other.example", "/a/feed.atom") is None
