"""Making and changing selections: their rules, once for the API and the command line.

Each operation happens within the caller's transaction, with its audit and the wish for its documents; the caller commits.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, StrictBool, StrictInt

from sokbo.domain.assembly import FEEDS, Assembly, of_listing
from sokbo.domain.dialects import DIALECTS
from sokbo.domain.feed import FEED_SUFFIXES
from sokbo.domain.ids import SiteId
from sokbo.domain.key import token_digest
from sokbo.domain.selection import DEFAULT_ENTRIES, PLAIN, Detail, Selection, Terms, feed_path_with, new_token, private_path
from sokbo.domain.site import NAME_PATTERN, Site
from sokbo.errors import Conflict, FieldError, Invalid, NotFound
from sokbo.fields import FieldsModel, Slug, at_most, distinct, has_region, language_tag, line, logo_url, merge_patch, validate
from sokbo.storage import UnitOfWork

MAX_TITLE = 200
MAX_TERMS = 20
MAX_ENTRIES = 200
#: Each is looked at again after each publish of its site.
MAX_SELECTIONS = 100

PROFILES = (PLAIN, *DIALECTS)


def _name(name: str) -> str:
    if not NAME_PATTERN.fullmatch(name):
        raise ValueError("must be 1 to 40 lower-case letters, digits and inner hyphens")
    return name


def _profile(name: str) -> str:
    if name not in PROFILES:
        raise ValueError(f"must be one of {', '.join(PROFILES)}")
    return name


def _entries(number: int) -> int:
    if not 1 <= number <= MAX_ENTRIES:
        raise ValueError(f"must be from 1 to {MAX_ENTRIES}")
    return number


ChosenTerms = Annotated[tuple[Slug, ...], at_most(MAX_TERMS), AfterValidator(distinct)]


class ExcludeInput(FieldsModel):
    categories: ChosenTerms = ()
    tags: ChosenTerms = ()
    authors: ChosenTerms = ()


class SelectionInput(FieldsModel):
    """A selection's fields after all the rules: terms are slugs, lists are sorted and hold nothing twice."""

    name: Annotated[str, AfterValidator(_name)]
    title: Annotated[str, AfterValidator(line(MAX_TITLE))]
    categories: ChosenTerms = ()
    tags: ChosenTerms = ()
    authors: ChosenTerms = ()
    exclude: ExcludeInput = ExcludeInput()
    language: Annotated[str, AfterValidator(language_tag)] | None = None
    breaking: StrictBool = False
    content: Detail = Detail.FULL
    entries: Annotated[StrictInt, AfterValidator(_entries)] = DEFAULT_ENTRIES
    profile: Annotated[str, AfterValidator(_profile)] = PLAIN
    logo: Annotated[str, AfterValidator(logo_url)] | None = None
    private: StrictBool = False

    def domain_fields(self) -> dict[str, Any]:
        """What a Selection is made of, by its names."""
        fields = self.model_dump(include={"name", "title", "language", "breaking", "entries", "profile", "logo", "private"})
        return {
            **fields,
            "wanted": Terms(self.categories, self.tags, self.authors),
            "unwanted": Terms(self.exclude.categories, self.exclude.tags, self.exclude.authors),
            "detail": self.content,
        }


def parse(values: Mapping[str, Any], site: Site) -> SelectionInput:
    """The JSON object's fields; null is the same as not given. A dialect of one language has the site's, if no other is said.

    Raises Invalid with every broken rule.
    """
    wanted = validate(SelectionInput, merge_patch({"exclude": {}}, values))
    dialect = DIALECTS.get(wanted.profile)
    if dialect is None:
        return wanted
    if dialect.one_language and wanted.language is None:
        wanted = wanted.model_copy(update={"language": site.language})
    broken = []
    if wanted.content is not Detail.FULL:
        broken.append(FieldError("content", f"must be full for {dialect.title}"))
    if wanted.entries < dialect.min_entries:
        broken.append(FieldError("entries", f"must be at least {dialect.min_entries} for {dialect.title}"))
    if dialect.needs_logo and wanted.logo is None and site.logo is None:
        broken.append(FieldError("logo", f"is required for {dialect.title}", "required"))
    if dialect.needs_region and not has_region(wanted.language or ""):
        broken.append(FieldError("language", f"must have a region for {dialect.title}, such as ko-KR"))
    if broken:
        raise Invalid(*broken)
    return wanted


def make(uow: UnitOfWork, site: Site, wanted: SelectionInput, *, actor: str, request_id: str) -> tuple[Selection, str | None]:
    """A new selection and, if it is private, the token that reads it, which can't be read again. Raises Conflict."""
    if uow.selections.count(site.id) >= MAX_SELECTIONS:
        raise Conflict(f"a site has at most {MAX_SELECTIONS} selections")
    token = new_token() if wanted.private else None
    made = Selection(site.id, created_at=uow.now, token_digest=token and token_digest(token), **wanted.domain_fields())
    uow.selections.add(made)
    _record(uow, made, "selection.make", actor, request_id)
    return made, token


def change(
    uow: UnitOfWork, site: Site, name: str, patch: Mapping[str, Any], *, actor: str, request_id: str
) -> tuple[Selection, str | None]:
    """The selection with a merge patch (RFC 7396) applied to its fields, and a token if it has become private.

    Raises NotFound, Invalid.
    """
    before = find(uow, site.id, name, lock=True)
    wanted = parse(merge_patch(_fields(before), patch), site)
    if wanted.name != before.name:
        raise Invalid(FieldError("name", "must stay as it is: it is in the feeds' addresses"))
    token = new_token() if wanted.private and not before.private else None
    digest = token_digest(token) if token else before.token_digest if wanted.private else None
    after = replace(before, token_digest=digest, **wanted.domain_fields())
    if after != before:
        uow.selections.save(after)
        _record(uow, after, "selection.change", actor, request_id)
    return after, token


def rotate_token(uow: UnitOfWork, site: Site, name: str, *, actor: str, request_id: str) -> tuple[Selection, str]:
    """The private selection and a new token, which can't be read again; the one before reads nothing from the commit on.

    Raises NotFound, Conflict for a public one.
    """
    token = new_token()
    return _with_token(uow, site, name, token_digest(token), "selection.rotate-token", actor, request_id), token


def revoke_token(uow: UnitOfWork, site: Site, name: str, *, actor: str, request_id: str) -> Selection:
    """The private selection, which nobody can read from the commit on. Raises NotFound, Conflict for a public one."""
    return _with_token(uow, site, name, None, "selection.revoke-token", actor, request_id)


def delete(uow: UnitOfWork, site: Site, name: str, *, actor: str, request_id: str) -> None:
    """Takes the selection away: nobody can read a private one from the commit on; a public one's feeds answer 410 soon.

    Raises NotFound.
    """
    selection = find(uow, site.id, name, lock=True)
    uow.selections.remove(selection)
    uow.documents.remove(site.id, [private_path(name, suffix) for suffix in FEED_SUFFIXES])
    _record(uow, selection, "selection.delete", actor, request_id)


def find(uow: UnitOfWork, site_id: SiteId, name: str, *, lock: bool = False) -> Selection:
    """The site's selection; `lock` keeps others from changing it until the transaction ends. Raises NotFound."""
    selection = uow.selections.get(site_id, name, lock=lock) if is_name(name) else None
    if selection is None:
        raise NotFound("the site has no such selection")
    return selection


def is_name(text: str) -> bool:
    return NAME_PATTERN.fullmatch(text) is not None


def described(site: Site, selection: Selection, token: str | None = None) -> dict[str, Any]:
    """The selection as JSON: its fields as they can be sent again, and its feeds' addresses, as far as they can be said."""
    suffixes = FEED_SUFFIXES if selection.profile == PLAIN else FEED_SUFFIXES[:1]
    if selection.private:
        feeds = {suffix: site.url(feed_path_with(selection.name, token, suffix)) for suffix in suffixes if token}
    else:
        feeds = {suffix: site.url(selection.listing.feed_path(suffix)) for suffix in suffixes}
    readable = not selection.private or selection.token_digest is not None
    return {**_fields(selection), "readable": readable, "feeds": feeds, "created_at": selection.created_at}


def _fields(selection: Selection) -> dict[str, Any]:
    return {
        "name": selection.name,
        "title": selection.title,
        "categories": selection.wanted.categories,
        "tags": selection.wanted.tags,
        "authors": selection.wanted.authors,
        "exclude": {
            "categories": selection.unwanted.categories,
            "tags": selection.unwanted.tags,
            "authors": selection.unwanted.authors,
        },
        "language": selection.language,
        "breaking": selection.breaking,
        "content": selection.detail,
        "entries": selection.entries,
        "profile": selection.profile,
        "logo": selection.logo,
        "private": selection.private,
    }


def _with_token(
    uow: UnitOfWork, site: Site, name: str, digest: str | None, action: str, actor: str, request_id: str
) -> Selection:
    selection = find(uow, site.id, name, lock=True)
    if not selection.private:
        raise Conflict("the selection is public: it has no token")
    changed = replace(selection, token_digest=digest)
    uow.selections.save(changed)
    uow.audit.record(site.id, actor, action, name, request_id, uow.now)
    return changed


def _record(uow: UnitOfWork, selection: Selection, action: str, actor: str, request_id: str) -> None:
    uow.assemblies.want(selection.site_id, [of_listing(selection.listing), Assembly(FEEDS)], uow.now)
    uow.audit.record(selection.site_id, actor, action, selection.name, request_id, uow.now)
