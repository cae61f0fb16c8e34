import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from workers.pages.stylesheet import TEMPLATES


@pytest.mark.parametrize("language", ["ko", "en"])
def test_catalogue_says_all_that_the_templates_say_and_no_more(language: str) -> None:
    with (TEMPLATES / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]  # Babel's
    said = {message for _, _, message, _, _ in extract_from_dir(TEMPLATES, methods, options)}
    with (TEMPLATES / "locale" / language / "LC_MESSAGES" / "sokbo.po").open("rb") as source:
        catalogue = read_po(source)
    translated = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}
    assert said
    assert translated == said
    assert not [error for message in catalogue for error in message.check(catalogue)]
