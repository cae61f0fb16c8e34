import re
from base64 import b64encode
from hashlib import sha256

from sokbo.domain.article import Article
from sokbo.domain.feed import SITE_LISTING
from sokbo.domain.site import Site
from workers.pages.renderer import PageRenderer
from workers.pages.stylesheet import page_headers


def test_policy_admits_exactly_the_style_that_pages_carry(renderer: PageRenderer, site: Site, article: Article) -> None:
    shells = [
        renderer.card_and_page(site, article, now=article.created_at)[1],
        renderer.listing(site, SITE_LISTING, None),
        renderer.feeds(site, [SITE_LISTING]),
        renderer.withdrawn(site, article),
    ]
    for shell in shells:
        (style,) = re.findall(rb"<style>(.*?)</style>", b"".join(shell.head_parts), re.DOTALL)
        digest = b64encode(sha256(style).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in page_headers()["Content-Security-Policy"]


def test_policy_admits_no_script() -> None:
    policy = page_headers()["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "script-src" not in policy


def test_no_other_page_may_frame_ours() -> None:
    assert page_headers()["Content-Security-Policy"].endswith("; frame-ancestors 'none'")
