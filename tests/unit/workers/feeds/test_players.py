"""What readers can do with the audio and video of articles, whose players have no controls in feeds."""

import pytest

from service.ingest.cleaning import clean
from sokbo.domain.document import FragmentFormat
from tests.unit.workers.feeds.articles import ENGLISH, SITE, article
from tests.unit.workers.feeds.feeds import feed
from tests.unit.workers.feeds.w3c import atom_complaints, rss_complaints
from workers.feeds import FORMATS
from workers.feeds.item import item

RSS, ATOM, JSON = (FORMATS[form] for form in (FragmentFormat.RSS, FragmentFormat.ATOM, FragmentFormat.JSON))
MOVIE, SONG = "https://x.example/a.mp4?a=1&amp;b=2", "https://x.example/a"
TO_MOVIE, TO_SONG = f' <a href="{MOVIE}">동영상 보기</a>', f' <a href="{SONG}">오디오 듣기</a>'


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (f'<video controls="" src="{MOVIE}"></video>', f'<video src="{MOVIE}"></video>{TO_MOVIE}'),
        (f'<p>가 <audio src="{SONG}" controls=""></audio> 나</p>', f'<p>가 <audio src="{SONG}"></audio>{TO_SONG} 나</p>'),
        (
            f'<video><source src="{MOVIE}"><source src="{SONG}">없음</video>',
            f'<video><source src="{MOVIE}"><source src="{SONG}">없음</video>{TO_MOVIE}',
        ),
        (
            f'<a href="{SONG}"><b><video src="{MOVIE}"></video></b></a> 나',
            f'<a href="{SONG}"><b><video src="{MOVIE}"></video></b></a>{TO_MOVIE} 나',
        ),
        (
            f'<video src="{MOVIE}"><audio src="{SONG}"></audio></video>',
            f'<video src="{MOVIE}"><audio src="{SONG}"></audio></video>{TO_SONG}{TO_MOVIE}',
        ),
        ('<video title="a > controls=" controls=""></video>', '<video title="a > controls="></video>'),
        ("<p>&lt;video controls=&gt; controls</p>", "<p>&lt;video controls=&gt; controls</p>"),
    ],
)
def test_players_have_a_link_beside_them_and_ask_for_no_controls(html: str, shown: str) -> None:
    assert item(SITE, article(html=html)).html == shown


def test_link_is_in_the_words_of_the_article_else_of_the_site() -> None:
    html = f'<audio src="{SONG}"></audio>'

    assert ">Listen to the audio<" in item(ENGLISH, article(html=html)).html
    assert ">Listen to the audio<" in item(SITE, article(html=html, language="en-GB")).html
    assert ">오디오 듣기<" in item(ENGLISH, article(html=html, language="ko")).html


def test_feeds_in_full_have_the_link_and_are_valid() -> None:
    made = article(html=clean(f'<p>글</p><video controls><source src="{MOVIE}"></video>', "https://gnj.example.kr/"))

    assert all("동영상 보기".encode() in feed(form, [made]) for form in (RSS, ATOM, JSON))
    assert rss_complaints(feed(RSS, [made])) == []
    assert atom_complaints(feed(ATOM, [made])) == []
