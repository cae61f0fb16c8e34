from collections.abc import Callable
from dataclasses import replace

import pytest

from sokbo.domain.article import Article
from sokbo.domain.site import Site
from tests.unit.workers.pages import samples
from workers.pages.renderer import PageRenderer


@pytest.fixture(scope="session")
def renderer() -> PageRenderer:
    return PageRenderer()


@pytest.fixture
def site() -> Site:
    return samples.KOREAN_SITE


@pytest.fixture
def english_site() -> Site:
    return samples.ENGLISH_SITE


@pytest.fixture
def article() -> Article:
    return samples.PLAIN


@pytest.fixture
def with_content(article: Article) -> Callable[..., Article]:
    """The article with some of its content changed."""

    def change(**changes: object) -> Article:
        return replace(article, content=replace(article.content, **changes))  # type: ignore[arg-type]  # the tests' own names

    return change
