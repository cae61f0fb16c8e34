"""References become URLs that are absolute, encoded and harmless, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.urls import absolute_url, link_url

BASE = "https://news.example.kr/daily"


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("/a.png", "https://news.example.kr/a.png"),
        ("a.png", "https://news.example.kr/daily/a.png"),
        ("../a.png", "https://news.example.kr/a.png"),
        ("?q=1", "https://news.example.kr/daily/?q=1"),
        ("//cdn.kr/a", "https://cdn.kr/a"),
        ("HTTP://A.KR/B", "http://a.kr/B"),
        ("https://a.kr", "https://a.kr"),
        ("https://a.kr:8443/", "https://a.kr:8443/"),
        ("https://한국.kr/가 나?다=라#마", "https://xn--3e0b707e.kr/%EA%B0%80%20%EB%82%98?%EB%8B%A4=%EB%9D%BC#%EB%A7%88"),
        ("https://a.kr/%ea%b0%80/100%", "https://a.kr/%ea%b0%80/100%25"),
        ("https://a.kr/[x]|{y}\"'<>", "https://a.kr/%5Bx%5D%7C%7By%7D%22'%3C%3E"),
        (" \thttps://a.kr/b\n ", "https://a.kr/b"),
        ("ht\ntps://a.kr/", "https://a.kr/"),
        ("https://[2001:db8::1]:80/", "https://[2001:db8::1]:80/"),
        ("/\\evil.example", "https://news.example.kr/%5Cevil.example"),
    ],
)
def test_reference_is_resolved_and_encoded(reference: str, url: str) -> None:
    assert absolute_url(reference, BASE) == url


@pytest.mark.parametrize(
    "reference",
    [
        "",
        " ",
        "#note",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "\x00javascript:alert(1)",
        "data:image/png;base64,AA==",
        "ftp://a.kr/",
        "mailto:a@b.kr",
        "http:",
        "http://",
        "https://user@a.kr/",
        "https://user:secret@a.kr/",
        "https://a.kr\\@evil.example/",
        "https://a.kr:99999/",
        "https://a.kr:port/",
        "https://a b.kr/",
        "https://[::1/",
        "https://a<b>.kr/",
        "https://" + "가" * 64 + ".kr/",
        "https://a.kr/\ud800",
    ],
)
def test_what_no_page_should_link_to_is_none(reference: str) -> None:
    assert absolute_url(reference, BASE) is None


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("mailto:desk@example.kr", "mailto:desk@example.kr"),
        ("MAILTO:desk@example.kr?subject=제보", "mailto:desk@example.kr?subject=%EC%A0%9C%EB%B3%B4"),
        ("mail\nto:a@b.kr", "mailto:a@b.kr"),
        ("/a", "https://news.example.kr/a"),
        ("javascript:mailto:", None),
    ],
)
def test_links_may_be_mail_too(reference: str, url: str | None) -> None:
    assert link_url(reference, BASE) == url


@given(st.text(max_size=40) | st.text("ahtps:/?#[]@\\%.-_한 \t", max_size=30).map("https://".__add__))
def test_url_is_ascii_and_stays_as_it_is(reference: str) -> None:
    url = absolute_url(reference, BASE)
    if url is not None:
        assert url.isascii()
        assert url.split() == [url]
        assert absolute_url(url, "https://elsewhere.example") == url
