"""What counts as a whole feed."""

import pytest

from chaos.feeds import FORMATS, Entry, Torn, parse

WHOLE = {
    "json": b'{"items": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}',
    "atom": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>A</title></entry>'
    b"<entry><id>b</id><title>B</title></entry></feed>",
    "rss": b"<rss><channel><item><guid>a</guid><title>A</title></item>"
    b"<item><guid>b</guid><title>B</title></item></channel></rss>",
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_whole_feed_is_read(suffix: str) -> None:
    assert parse(suffix, WHOLE[suffix]) == [Entry("a", "A"), Entry("b", "B")]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_feed_that_was_cut_off_is_torn(suffix: str, kept: float) -> None:
    with pytest.raises(Torn):
        parse(suffix, WHOLE[suffix][: int(len(WHOLE[suffix]) * kept)])


@pytest.mark.parametrize("suffix", FORMATS)
def test_entry_without_a_title_is_torn(suffix: str) -> None:
    with pytest.raises(Torn):
        parse(
            suffix,
            WHOLE[suffix].replace(b'"title": "A", ', b"").replace(b"<title>A</title>", b"").replace(b', "title": "A"', b""),
        )
