"""Liquid as posts of Jekyll have it: what it would make of the site's address and of comments. The rest stays as it is written.

Jekyll reads Liquid before any Markdown, so this is for whole texts; only of those with front matter, as Jekyll does.
"""

import re

#: A tag or an output; what `raw` holds is text.
_MARKUP = re.compile(r"\{%-?[ \t]*(?P<tag>\w+)(?P<rest>[^%\n]*)%\}|\{\{-?(?P<output>[^{}\n]*)\}\}")
#: `{{ site.url }}` and the like stand before a path, which is completed by the site's base URL.
_ADDRESS = re.compile(r"site\.(?:base)?url")
_LINKED = re.compile(r"""["'](?P<path>[^"'\n]*)["'][ \t]*\|[ \t]*(?:relative|absolute)_url""")
_SILENT = {"comment": "endcomment"}
_AS_TEXT = {"raw": "endraw"}


def resolved(text: str) -> str:
    """The text without comments and `raw`, with paths where Jekyll has the site's address before them, and with fenced code in
    the place of `highlight`."""
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
            kept.append(_written(found))
    return "".join(kept) + ("" if until in _SILENT.values() else text[done:])


def _written(found: re.Match[str]) -> str:
    """What stands in the place of the tag or output; itself, if it isn't known here."""
    match found["tag"]:
        case "highlight":
            return f"```{found['rest'].split()[0] if found['rest'].split() else ''}"
        case "endhighlight":
            return "```"
        case None:
            said = found["output"].strip("- \t")
            if _ADDRESS.fullmatch(said):
                return ""
            linked = _LINKED.fullmatch(said)
            return linked["path"] if linked else found[0]
    return found[0]
