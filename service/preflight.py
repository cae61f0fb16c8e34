"""What a publisher is told of portals' rules: with each answer about an article, and before there is one (dry run)."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from service.auth import Caller
from service.json_http import refuse_parameters
from service.publishing import in_full
from sokbo.domain.article import Article, ArticleState, Draft
from sokbo.domain.dialects import DIALECTS, Subject
from sokbo.domain.lead_image import awaited, named_picture, sources
from sokbo.domain.lifecycle import create
from sokbo.domain.preflight import Finding, findings, selections_admitting
from sokbo.domain.selection import Selection
from sokbo.domain.site import Site
from sokbo.errors import Conflict, FieldError, Invalid
from sokbo.storage import UnitOfWork

_SAID = {"true": True, "1": True, "": True, "false": False, "0": False}


def is_dry_run(request: web.Request) -> bool:
    """What the query's `dry_run` says. Raises Invalid, also for any other name."""
    refuse_parameters(request, but=("dry_run",))
    said = _SAID.get(request.query.get("dry_run", "false").lower())
    if said is None:
        raise Invalid(FieldError("dry_run", "must be true or false"))
    return said


def dry_run(uow: UnitOfWork, caller: Caller, draft: Draft) -> dict[str, Any]:
    """What POST would answer, and the article as it would be kept, its selections and the rules that it breaks; writes nothing.

    Its number, and so its URLs, are those of an article posted now. Raises Conflict for an external_id that is taken, Invalid.
    """
    site = caller.site
    if draft.external_id is not None and uow.articles.has_external_id(site.id, draft.external_id):
        raise Conflict(f"external_id {draft.external_id!r} is another article's")
    article = create(site.id, uow.sites.last_number(site.id) + 1, draft, uow.now).article
    selections = _standing(site, article, uow.selections.of_site(site.id))
    answer = in_full(site, article)
    del answer["id"]  # the real one's will be another
    return {
        **answer,
        "dry_run": True,
        "selections": [selection.name for selection in selections],
        "warnings": warnings_of(uow, site, article, selections),
    }


def concerned(site: Site, article: Article, selections: Sequence[Selection]) -> list[Selection]:
    """Those of the selections in which the article stands or will stand, and which are in a dialect."""
    if article.state is ArticleState.WITHDRAWN:
        return []
    return _standing(site, article, [selection for selection in selections if selection.profile in DIALECTS])


def warnings_of(uow: UnitOfWork, site: Site, article: Article, selections: Sequence[Selection]) -> list[dict[str, Any]]:
    """The rules that the article breaks of these selections' dialects."""
    pictures = uow.pictures.known(sources([article]))
    article = uow.media.with_current_media_urls(site, article)
    subject = Subject(
        article.content,
        article.published_at or uow.now,
        uow.now,
        picture=named_picture(site, article.content, pictures),
        awaits_picture=awaited(article.content, pictures) is not None,
    )
    return [_described(finding) for finding in findings(subject, selections)]


def _standing(site: Site, article: Article, selections: Sequence[Selection]) -> list[Selection]:
    return selections_admitting(
        article.content, selections, breaking=article.breaking_until is not None, site_language=site.language
    )


def _described(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "selection": finding.selection.name,
        "profile": finding.selection.profile,
        "field": rule.field,
        "code": rule.code,
        "effect": "left_out" if rule.is_hard else "advice",
        "rule": {"en": rule.en, "ko": rule.ko},
    }
