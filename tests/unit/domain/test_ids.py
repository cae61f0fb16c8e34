from uuid import UUID

from sokbo.domain.ids import new_id, new_uuid


def test_uuid_is_of_version_seven_and_grows_with_time() -> None:
    made = [new_uuid() for _ in range(50)]
    assert all((UUID(item).version, UUID(item).variant) == (7, "specified in RFC 4122") for item in made)
    assert len(set(made)) == 50
    assert [item[:13] for item in made] == sorted(item[:13] for item in made)


def test_id_has_its_prefix_and_fits_into_headers_and_paths() -> None:
    made = [new_id("evt") for _ in range(50)]
    assert len(set(made)) == 50
    for item in made:
        prefix, _, rest = item.partition("_")
        assert (prefix, len(rest)) == ("evt", 26)
        assert rest.isascii()
        assert rest.isalnum()
        assert rest.islower() or rest.isdigit()
    assert [item[:14] for item in made] == sorted(item[:14] for item in made)
