"""What is taken, what is refused, and what is left of it; in this process, where it can be seen best."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat, PngImagePlugin

from sokbo.media.imaging import perform
from tests.pictures import BLUE, RED, SECRET, animation, encoded, exif, jpeg, png, png_chunk, png_that_says, two_colours

MAX_PIXELS = 1_000_000
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
NOT_TAKEN = "must be a JPEG, PNG, WebP or GIF image"
NOT_WHOLE = "must be whole and sound: it can't be decoded to its end"


def clean(folder: Path, sent: bytes, max_pixels: int = MAX_PIXELS) -> dict[str, Any]:
    source = folder / "upload"
    source.write_bytes(sent)
    return perform("clean", source, folder, [max_pixels])


def cleaned(folder: Path, sent: bytes) -> Image.Image:
    """The image as it is kept."""
    [made] = clean(folder, sent)["made"]
    return Image.open(folder / made["file"])


def text_chunk() -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_text("Place", SECRET.decode())
    return made


def nearly(colour: Any, wanted: tuple[int, ...]) -> bool:
    return all(abs(here - there) < 12 for here, there in zip(colour, wanted, strict=False))


@pytest.mark.parametrize("form", TYPES)
def test_image_keeps_its_format_and_size(tmp_path: Path, form: str) -> None:
    [made] = clean(tmp_path, encoded(two_colours(), form))["made"]

    assert made == {"file": "cleaned", "type": TYPES[form], "width": 64, "height": 32, "animated": False}
    with Image.open(tmp_path / "cleaned") as image:
        shown = image.convert("RGB")
    assert image.format == form
    assert nearly(shown.getpixel((5, 5)), RED)
    assert nearly(shown.getpixel((60, 5)), BLUE)


@pytest.mark.parametrize(
    "sent",
    [
        jpeg(exif=exif(), comment=SECRET, xmp=SECRET),
        png(exif=exif()),
        png(pnginfo=text_chunk()),
        encoded(two_colours(), "WEBP", exif=exif(), xmp=SECRET),
        encoded(two_colours(), "GIF", comment=SECRET),
    ],
    ids=["jpeg", "png-exif", "png-text", "webp", "gif"],
)
def test_metadata_are_gone(tmp_path: Path, sent: bytes) -> None:
    assert SECRET in sent

    with cleaned(tmp_path, sent) as image:
        assert dict(image.getexif()) == {}
        assert image.info.keys().isdisjoint({"exif", "xmp", "comment", "icc_profile", "Place"})
    assert SECRET not in (tmp_path / "cleaned").read_bytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_image_is_turned_as_its_metadata_say(tmp_path: Path, orientation: int) -> None:
    sent = jpeg(exif=exif(orientation), quality=95)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(sent)))

    with cleaned(tmp_path, sent) as image:
        assert image.size == upright.size
        for place in ((3, 3), (upright.width - 4, upright.height - 4)):
            wanted = upright.getpixel(place)
            assert isinstance(wanted, tuple)
            assert nearly(image.getpixel(place), wanted[:3])


def test_colours_are_converted_from_their_profile_and_the_profile_is_gone(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    with cleaned(tmp_path, png(icc_profile=profile)) as image:
        assert "icc_profile" not in image.info
        assert nearly(image.getpixel((5, 5)), RED)


def test_profile_that_is_damaged_does_no_harm(tmp_path: Path) -> None:
    with cleaned(tmp_path, jpeg(icc_profile=b"\x00" * 128)) as image:
        assert nearly(image.getpixel((5, 5)), RED)


def test_print_colours_become_those_of_screens(tmp_path: Path) -> None:
    with cleaned(tmp_path, encoded(two_colours(mode="CMYK"))) as image:
        assert image.mode == "RGB"


def test_camera_file_with_several_pictures_becomes_its_first(tmp_path: Path) -> None:
    several = encoded(two_colours(), "MPO", save_all=True, append_images=[two_colours(32, 32)])

    with cleaned(tmp_path, several) as image:
        assert (image.format, image.size) == ("JPEG", (64, 32))


@pytest.mark.parametrize(
    ("mode", "form"), [("L", "JPEG"), ("L", "PNG"), ("P", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("LA", "PNG")]
)
def test_images_of_few_colours_stay_as_they_are(tmp_path: Path, mode: str, form: str) -> None:
    image = two_colours(mode="L").convert("I;16") if mode == "I;16" else two_colours(mode=mode)
    with cleaned(tmp_path, encoded(image, form)) as kept:
        assert kept.size == image.size


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_transparency_is_kept(tmp_path: Path, form: str) -> None:
    see_through = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    see_through.paste((*RED, 255), (0, 0, 20, 40))

    with cleaned(tmp_path, encoded(see_through, form)) as image:
        shown = image.convert("RGBA")
    assert [shown.getpixel(place)[3] for place in ((5, 5), (35, 5))] == [255, 0]  # type: ignore[index]  # four numbers


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_animation_keeps_its_frames_and_their_times(tmp_path: Path, form: str) -> None:
    [made] = clean(tmp_path, animation(form))["made"]

    assert made["animated"]
    with Image.open(tmp_path / "cleaned") as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]  # of those that move
        image.seek(2)
        image.load()
        assert image.info["duration"] == 80
        assert nearly(image.convert("RGB").getpixel((5, 5)), (120, 0, 100))


def test_same_file_is_cleaned_to_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        clean(tmp_path / name, jpeg(exif=exif(6)))

    assert (tmp_path / "first" / "cleaned").read_bytes() == (tmp_path / "second" / "cleaned").read_bytes()


@pytest.mark.parametrize("quality", [60, 95])
def test_jpeg_loses_next_to_nothing(tmp_path: Path, quality: int) -> None:
    sent = encoded(Image.effect_noise((200, 200), 60).convert("RGB"), quality=quality)

    with cleaned(tmp_path, sent) as image, Image.open(BytesIO(sent)) as before:
        difference = ImageStat.Stat(ImageChops.difference(image, before))
    assert max(difference.mean) < 1
    assert (tmp_path / "cleaned").stat().st_size <= len(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"not an image",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script></html>",
        encoded(two_colours(), "BMP"),
        encoded(two_colours(), "TIFF"),
        encoded(two_colours(), "ICO"),
        encoded(two_colours(), "JPEG2000"),
        encoded(two_colours(), "EPS"),
        b"P6 9 9 255 " + bytes(300),
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBP",
    ],
    ids=lambda sent: repr(sent[:12]),
)
def test_anything_else_is_refused(tmp_path: Path, sent: bytes) -> None:
    assert clean(tmp_path, sent)["refused"] in {NOT_TAKEN, NOT_WHOLE}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_image_that_is_cut_short_is_refused(tmp_path: Path, form: str, share: float) -> None:
    whole = encoded(Image.effect_noise((100, 100), 60).convert("RGB"), form)

    assert clean(tmp_path, whole[: int(len(whole) * share)])["refused"] in {NOT_TAKEN, NOT_WHOLE}


@pytest.mark.parametrize(("width", "height"), [(1001, 1000), (60_000, 60_000), (2_000_000_000, 1)])
def test_picture_that_says_it_has_too_many_pixels_is_refused_before_it_is_decoded(
    tmp_path: Path, width: int, height: int
) -> None:
    assert "pixels" in clean(tmp_path, png_that_says(width, height))["refused"]


def test_picture_that_is_all_width_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    assert clean(tmp_path, png_that_says(65_536, 1))["refused"] == "must be at most 65535 pixels wide and high"


def test_pixels_of_all_frames_count_together(tmp_path: Path) -> None:
    sent = animation(frames=5, width=100, height=100)

    assert "refused" not in clean(tmp_path, sent, 50_000)
    assert clean(tmp_path, sent, 49_999)["refused"] == "must have at most 49999 pixels, all frames together"


def test_animation_of_very_many_frames_is_refused(tmp_path: Path) -> None:
    assert clean(tmp_path, animation(frames=1001, width=1, height=1))["refused"] == "must have at most 1000 frames"


def test_text_that_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    bomb = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(100_000_000)))

    assert clean(tmp_path, png_that_says(10, 10, bomb))["refused"] == NOT_WHOLE


def test_profile_that_unpacks_to_very_much_is_not_kept(tmp_path: Path) -> None:
    bomb = png_chunk(b"iCCP", b"profile\x00\x00" + zlib.compress(bytes(100_000_000)))

    clean(tmp_path, png_that_says(10, 10, bomb))
    assert not (tmp_path / "cleaned").exists() or (tmp_path / "cleaned").stat().st_size < 1000


def test_what_else_the_file_is_besides_an_image_is_gone(tmp_path: Path) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.html", "<script>alert(1)</script>")
    sent = jpeg(comment=b"<script>alert(1)</script>") + archive.getvalue() + b"<?php system($_GET[0]); ?>"

    clean(tmp_path, sent)
    kept = (tmp_path / "cleaned").read_bytes()
    assert not zipfile.is_zipfile(BytesIO(kept))
    assert b"script" not in kept
    assert b"php" not in kept


def resized(folder: Path, image: bytes, *widths: int) -> list[dict[str, Any]]:
    source = folder / "kept"
    source.write_bytes(image)
    made: list[dict[str, Any]] = perform("resize", source, folder, widths)["made"]
    return made


def test_variants_are_narrower_and_keep_the_shape(tmp_path: Path) -> None:
    made = resized(tmp_path, jpeg(1000, 600), 320, 640, 1280)

    assert [(item["type"], item["width"], item["height"]) for item in made] == [
        ("image/webp", 320, 192),
        ("image/jpeg", 320, 192),
        ("image/webp", 640, 384),
        ("image/jpeg", 640, 384),
    ]
    for item in made:
        with Image.open(tmp_path / item["file"]) as variant:
            assert variant.size == (item["width"], item["height"])
            assert nearly(variant.convert("RGB").getpixel((5, 5)), RED)


def test_grey_of_sixteen_bits_keeps_its_shades(tmp_path: Path) -> None:
    shades = Image.frombytes("I;16", (800, 8), b"".join((column * 81).to_bytes(2, "little") for column in range(800)) * 8)
    for item in resized(tmp_path, encoded(shades, "PNG"), 320):
        with Image.open(tmp_path / item["file"]) as variant:
            shown = variant.convert("L")
        assert all(nearly((shown.getpixel((column, 1)),), (column * 255 // 320,)) for column in (2, 80, 160, 240, 317))


def test_image_that_is_narrow_has_no_variants(tmp_path: Path) -> None:
    assert resized(tmp_path, jpeg(320, 600), 320, 640) == []


def test_what_is_transparent_is_white_in_a_jpeg_and_transparent_in_webp(tmp_path: Path) -> None:
    see_through = Image.new("RGBA", (400, 40), (0, 0, 0, 0))

    for item in resized(tmp_path, encoded(see_through, "PNG"), 320):
        with Image.open(tmp_path / item["file"]) as variant:
            colour = variant.convert("RGBA").getpixel((5, 5))
        assert colour == ((255, 255, 255, 255) if item["type"] == "image/jpeg" else (0, 0, 0, 0))


@pytest.mark.parametrize("mode", ["P", "L", "1", "LA"])
def test_every_kind_of_png_has_variants(tmp_path: Path, mode: str) -> None:
    assert len(resized(tmp_path, encoded(two_colours(400, 40, mode), "PNG"), 320)) == 2


def test_very_flat_image_keeps_a_pixel_of_height(tmp_path: Path) -> None:
    assert {item["height"] for item in resized(tmp_path, png(5000, 1), 320)} == {1}


@pytest.mark.parametrize("missing_bytes", [1, 4, 8, 11, 12, 13, 20])
@pytest.mark.parametrize("sent", [png(), animation("PNG")])
def test_png_without_its_end_is_refused(tmp_path: Path, sent: bytes, missing_bytes: int) -> None:
    assert clean(tmp_path, sent[:-missing_bytes]) == {"refused": NOT_WHOLE}


def test_png_may_be_followed_by_something(tmp_path: Path) -> None:
    [made] = clean(tmp_path, png() + SECRET)["made"]
    assert SECRET not in (tmp_path / made["file"]).read_bytes()


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
@pytest.mark.parametrize("missing_bytes", [1, 2, 20])
def test_image_whose_last_bytes_are_missing_is_refused(tmp_path: Path, form: str, missing_bytes: int) -> None:
    assert clean(tmp_path, encoded(two_colours(), form)[:-missing_bytes]) == {"refused": NOT_WHOLE}
