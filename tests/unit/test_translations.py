import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from sokbo import TEMPLATES
from sokbo.translations import translate

ROOT = TEMPLATES.parent


def said() -> set[str]:
    """All that templates and code give to be translated."""
    with (TEMPLATES / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]  # Babel's
    found = {message for _, _, message, _, _ in extract_from_dir(TEMPLATES, methods, options)}
    for package in ("service", "sokbo", "workers"):
        for _, _, message, _, _ in extract_from_dir(ROOT / package, [("**.py", "python")], keywords={"translate": None}):
            found.add(message)
    return {message for message in found if isinstance(message, str)}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_catalogue_says_all_that_is_said_and_no_more(language: str) -> None:
    with (TEMPLATES / "locale" / language / "LC_MESSAGES" / "sokbo.po").open("rb") as source:
        catalogue = read_po(source)
    translated = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}
    assert translated == said()
    assert not [error for message in catalogue for error in message.check(catalogue)]


def test_region_does_not_matter_and_unknown_languages_get_english() -> None:
    assert translate("Correction", "ko-KR") == "바로잡습니다"
    assert translate("Correction", "KO") == "바로잡습니다"
    assert translate("Correction", "fi") == "Correction"
