"""Liquid as posts of Jekyll have it: what it would make of the site's address and of comments. The rest stays as it is written.

Jekyll reads Liquid before any Markdown, so this is for whole texts; only of those with front matter, as Jekyll does.
"""

import re
from urllib.parse import SplitResult, urlsplit

#: A tag or an output; what `raw` holds is text.
_MARKUP = re.compile(r"\{%-?[ \t]*(?P<tag>\w+)(?P<rest>[^%\n]*)%\}|\{\{-?(?P<output>[^{}\n]*)\}\}")
_LINKED = re.compile(r"""["'](?P<path>[^"'\n]*)["'][ \t]*\|[ \t]*(?P<filter>relative|absolute)_url""")
_WITH_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_SILENT = {"comment": "endcomment"}
_AS_TEXT = {"raw": "endraw"}


def resolved(text: str, base_url: str) -> str:
    """The text without comments and `raw`, with addresses of the site at that URL, and with fenced code in the place of
    `highlight`."""
    if "{%" not in text and "{{" not in text:
        return text
    kept: list[str] = []
    until, done = "", 0
    for found in _MARKUP.finditer(text):
        tag = found["tag"]
        if until and tag != until:
            continue
        passed = text[done : found.start()]
        is_silent = until in _SILENT.values()
        done = found.end()
        kept.append("" if is_silent else passed)
        if until:
            until = ""
        elif tag in _SILENT or tag in _AS_TEXT:
            until = _SILENT.get(tag) or _AS_TEXT[tag]
        else:
            kept.append(_written(found, base_url))
    return "".join(kept) + ("" if until in _SILENT.values() else text[done:])


def _written(found: re.Match[str], base_url: str) -> str:
    """What stands in the place of the tag or output; itself, if it isn't known here."""
    match found["tag"]:
        case "highlight":
            return f"```{found['rest'].split()[0] if found['rest'].split() else ''}"
        case "endhighlight":
            return "```"
        case None:
            address = _address(found["output"].strip("- \t"), urlsplit(base_url))
            return found[0] if address is None else address
    return found[0]


def _address(said: str, base: SplitResult) -> str | None:
    """What Jekyll's variables and filters make of the site's address: `url` is its host's, `baseurl` the path below that."""
    host, path = f"{base.scheme}://{base.netloc}", base.path.rstrip("/")
    if said in {"site.url", "site.baseurl"}:
        return host if said == "site.url" else path
    linked = _LINKED.fullmatch(said)
    if linked is None:
        return None
    if _WITH_SCHEME.match(linked["path"]):
        return linked["path"]
    below = f"{path}/{linked['path'].lstrip('/')}"
    return host + below if linked["filter"] == "absolute" else below
