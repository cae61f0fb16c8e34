"""Further forms of articles, which only selections want: fragments beside those that every article has."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from sokbo.domain.document import EVERY_ARTICLES, Fragment, FragmentFormat
from sokbo.domain.ids import ArticleId
from sokbo.storage.documents import ListedEntry
from sokbo.storage.session import Session
from sokbo.storage.tables import fragments, renderings

#: Stands in a fragment's place where an article has been looked at and is left out of what has that form.
LEFT_OUT = (0, "")

_RENDERINGS = select(renderings).where(renderings.c.article_id.in_(bindparam("article_ids", expanding=True)))
_RENDERED = update(renderings).where(renderings.c.article_id == bindparam("of_article")).values(fragments=bindparam("in_use"))


class SelectionFragmentRepository:
    """Its methods want the site's version held, as whoever assembles does."""

    def __init__(self, session: Session):
        self._session = session

    def entries(self, article_ids: Collection[ArticleId]) -> dict[ArticleId, ListedEntry]:
        """What there is of those of the articles that have been rendered."""
        rows = self._session.execute(_RENDERINGS, {"article_ids": [*article_ids]})
        return {
            ArticleId(row.article_id): ListedEntry(
                row.modified_at, {form: (number, digest) for form, (number, digest) in row.fragments.items()}
            )
            for row in rows
        }

    def add(self, made: Sequence[Fragment], left_out: Iterable[ArticleId], form: FragmentFormat) -> None:
        """Puts the fragments, all of one form, into use beside those that their articles have, and notes who is left out.

        One that was replaced lately and is the same again is taken back into use: documents may still name it.
        """
        numbers = self._taken_back(made)
        fresh = [item for item in made if item.article_id not in numbers]
        if fresh:
            rows = [{"article_id": item.article_id, "raw": item.piece.raw, "deflated": item.piece.deflated} for item in fresh]
            inserted = self._session.execute(insert(fragments).returning(fragments.c.id, sort_by_parameter_order=True), rows)
            numbers |= {item.article_id: number for item, number in zip(fresh, inserted.scalars(), strict=True)}
        states = {item.article_id: (numbers[item.article_id], item.digest) for item in made} | dict.fromkeys(left_out, LEFT_OUT)
        known = self.entries(states)
        self._write({article_id: {**entry.fragments, form: states[article_id]} for article_id, entry in known.items()})

    def further(self, fragment_ids: Collection[int]) -> set[int]:
        """Those of the fragments in use that are further forms."""
        entries = self.entries(self._articles(fragment_ids)).values()
        return {
            number
            for entry in entries
            for form, (number, _) in entry.fragments.items()
            if _is_further(form, number, fragment_ids)
        }

    def drop(self, fragment_ids: Collection[int], now: datetime) -> None:
        """Takes further forms out of use; they stay readable for whoever holds an older document."""
        article_ids = self._articles(fragment_ids)
        self._session.execute(update(fragments).where(fragments.c.id.in_([*fragment_ids])).values(replaced_at=now))
        self._write(
            {
                article_id: {
                    form: state for form, state in entry.fragments.items() if not _is_further(form, state[0], fragment_ids)
                }
                for article_id, entry in self.entries(article_ids).items()
            }
        )

    def sizes(self, fragment_ids: Iterable[int]) -> dict[int, int]:
        """The fragments' lengths in bytes, by id."""
        measured = select(fragments.c.id, func.length(fragments.c.raw)).where(fragments.c.id.in_([*fragment_ids]))
        return {int(row[0]): int(row[1]) for row in self._session.execute(measured)}

    def _taken_back(self, made: Sequence[Fragment]) -> dict[ArticleId, int]:
        wanted = {item.article_id: item.piece.raw for item in made}
        replaced = select(fragments.c.id, fragments.c.article_id, fragments.c.raw).where(
            fragments.c.article_id.in_([*wanted]), fragments.c.replaced_at.is_not(None)
        )
        same = [row.id for row in self._session.execute(replaced) if wanted[row.article_id] == row.raw]
        again = update(fragments).where(fragments.c.id.in_(same)).values(replaced_at=None)
        taken = self._session.execute(again.returning(fragments.c.id, fragments.c.article_id)) if same else ()
        return {ArticleId(article_id): int(number) for number, article_id in taken}  # none that was deleted meanwhile

    def _articles(self, fragment_ids: Collection[int]) -> list[ArticleId]:
        """Whose they are, of those that are in use."""
        wanted = select(fragments.c.article_id).where(fragments.c.id.in_([*fragment_ids]), fragments.c.replaced_at.is_(None))
        return [ArticleId(article_id) for article_id in self._session.execute(wanted.distinct()).scalars()]

    def _write(self, in_use: Mapping[ArticleId, Mapping[str, tuple[int, str]]]) -> None:
        rows = [{"of_article": article_id, "in_use": states} for article_id, states in in_use.items()]
        if rows:
            self._session.execute(_RENDERED, rows)


def _is_further(form: str, number: int, among: Collection[int]) -> bool:
    return form not in EVERY_ARTICLES and number in among
