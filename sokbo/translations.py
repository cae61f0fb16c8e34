"""What people read of ours, in their language: gettext catalogues, read from their sources so that nothing compiled is kept. The
English texts are the keys."""

import gettext
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from sokbo import TEMPLATES

DOMAIN = "sokbo"
FALLBACK_LANGUAGE = "en"


@cache
def catalogues() -> Mapping[str, gettext.NullTranslations]:
    """The translations by primary language subtag: {"en": ..., "ko": ...}."""
    return {path.parts[-3]: _compile(path) for path in sorted(TEMPLATES.glob(f"locale/*/LC_MESSAGES/{DOMAIN}.po"))}


def translate(text: str, language: str) -> str:
    """The text in the BCP 47 language's primary language; in English where we have no other."""
    known = catalogues()
    return known.get(language.lower().partition("-")[0], known[FALLBACK_LANGUAGE]).gettext(text)


def _compile(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
