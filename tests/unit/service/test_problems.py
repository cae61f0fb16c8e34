import orjson

from service.problems import details
from sokbo.errors import FieldError, Invalid


def test_field_whose_name_is_no_utf8_can_be_told() -> None:
    body = orjson.loads(details(Invalid(FieldError("\udcff", "is not a part that is known here"))))
    assert body["errors"] == [{"field": "?", "rule": "is not a part that is known here", "code": "invalid"}]
