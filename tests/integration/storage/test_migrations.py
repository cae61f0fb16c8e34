import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Engine, Integer, create_engine, inspect, select

from sokbo.domain.ids import MediaId
from sokbo.domain.picture import Media, Picture, PictureState, Variant
from sokbo.errors import Unavailable
from sokbo.storage import Database, migrate, schema
from sokbo.storage.delivery_tables import partners
from sokbo.storage.migrate import _config
from sokbo.storage.schema import metadata
from tests.databases import Maker, new_name
from tests.newsroom import Newsroom


@pytest.fixture
def empty_url(databases: Maker) -> str:
    return databases.create(new_name())


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def downgrade(url: str, revision: str) -> None:
    """Undoes the migrations after that one."""
    engine = engine_of(url)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def test_empty_database_gets_the_schema_and_a_second_run_changes_nothing(empty_url: str) -> None:
    before, after = migrate(empty_url)
    assert before is None
    assert migrate(empty_url) == (after, after)


def test_schema_has_every_module_of_tables() -> None:
    modules = {path.stem for path in Path(schema.__file__).parent.glob("*tables.py")}

    assert {module.__name__.rpartition(".")[2] for module in schema.MODULES} == modules


def test_migrations_lead_to_the_tables_that_the_code_uses(empty_url: str) -> None:
    migrate(empty_url)
    engine = engine_of(empty_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    engine.dispose()


@pytest.mark.parametrize("table", ["fragments", "attempts", "audit"])
def test_ids_that_are_counted_up_for_ever_have_64_bits(database_url: str, table: str) -> None:
    engine = engine_of(database_url)
    [id_] = [column for column in inspect(engine).get_columns(table) if column["name"] == "id"]
    assert isinstance(id_["type"], BigInteger if engine.dialect.name == "postgresql" else Integer)
    engine.dispose()


def test_what_is_in_the_database_survives_a_run(database_url: str, newsroom: Newsroom) -> None:
    article = newsroom.post()
    migrate(database_url)
    assert newsroom.article(article) == article


def test_site_of_before_has_no_logo_and_one_of_after_loses_it(database_url: str, database: Database) -> None:
    newsroom = Newsroom.open(database, logo="https://news.example/logo.png")
    engine = engine_of(database_url)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0009")
        assert "logo" not in {column["name"] for column in inspect(connection).get_columns("sites")}
    engine.dispose()

    migrate(database_url)

    with database.read() as uow:
        assert uow.sites.get(newsroom.site.id) == replace(newsroom.site, logo=None)


def test_variants_made_before_are_found_by_name(database_url: str, database: Database) -> None:
    newsroom = Newsroom.open(database)
    variants = tuple(Variant(f"{letter * 64}.webp", "image/webp", 320, 180, 9) for letter in "bc")
    picture = Picture("a" * 64, PictureState.READY, "image/png", 640, 360, 9, variants)
    with database.write() as uow:
        uow.pictures.add([picture], uow.now)
        uow.media.add(Media(MediaId("med_x"), newsroom.site.id, "d" * 64, uow.now, picture))
        uow.commit()
    downgrade(database_url, "0012")

    migrate(database_url)

    with database.read() as uow:
        assert all(uow.media.has_file(newsroom.site.id, variant.name) for variant in variants)


def test_partner_of_before_has_its_host_and_a_reason_for_having_been_disabled(database_url: str, newsroom: Newsroom) -> None:
    partner = newsroom.subscribe("https://Partner.example:8443/hook")
    with newsroom.database.write() as uow:
        uow.partners.disable(partner.id, "")
        uow.commit()
    downgrade(database_url, "0011")

    migrate(database_url)

    engine = engine_of(database_url)
    with engine.connect() as connection:
        migrated = connection.execute(select(partners.c.host, partners.c.disabled_reason)).one()
    engine.dispose()
    assert tuple(migrated) == ("partner.example", "410 Gone")


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    program = f"from sokbo.storage import migrate; migrate({empty_url!r})"
    together = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in together] == [("", 0)] * 3
    before, after = migrate(empty_url)
    assert before == after


def test_database_without_schema_is_unavailable(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(Unavailable):
        database.ping()
    database.close()
