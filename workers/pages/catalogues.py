"""What the pages say, by language: gettext catalogues, read from their sources so that nothing compiled is kept."""

import gettext
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "sokbo"
FALLBACK_LANGUAGE = "en"


def load_catalogues(folder: Path) -> dict[str, gettext.NullTranslations]:
    """The translations below `folder`, by primary language subtag: {"en": ..., "ko": ...}."""
    return {path.parts[-3]: _compile(path) for path in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}


def _compile(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
