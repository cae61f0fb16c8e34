"""What a document has ready for its readers."""

import pytest

from service.prepared import Representation


@pytest.mark.parametrize("end", ["", "-xml"])
def test_who_holds_the_earlier_bytes_holds_the_document(end: str) -> None:
    representation = Representation('"v1-gzw"', b"", b"", b"", earlier='"v1-gz"')
    earlier, now = f'"v1-gz{end}"', f'"v1-gzw{end}"'
    tags = [representation.etag_for(as_xml=bool(end), held=held) for held in (f'"v0", W/{earlier}', now, '"v0"', None)]
    assert tags == [earlier, now, now, now]
