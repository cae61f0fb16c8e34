import pytest

from service.private_feeds import PrivateFeeds, without_token


@pytest.mark.parametrize(
    ("path", "private"),
    [
        ("selection/chosen/Rk3_x-9.rss", True),
        ("selection/chosen/private.json", True),
        ("selection/chosen/private.json/", True),
        ("selection/chosen/private.json//", True),
        ("selection/chosen.rss", False),
        ("selection/chosen/a/b.rss", False),
        ("selection/chosen/token.xml", False),
        ("category/chosen/token.rss", False),
    ],
)
def test_path_with_a_place_for_a_token_is_asked_of_the_database_alone(path: str, private: bool) -> None:
    assert PrivateFeeds.holds(path) is private


def test_logs_do_not_show_tokens() -> None:
    assert without_token("/news/selection/chosen/Rk3_x-9.rss") == "/news/selection/chosen/*.rss"
    assert without_token("/news/feed.rss") == "/news/feed.rss"
