"""The process in which images are decoded: `python -m sokbo.media.imaging clean|resize SOURCE FOLDER LIMITS...`.

It says on stdout, as JSON, what it has made, or why it refused. See `images`, which starts it.
"""

import os
import resource
import struct
import sys
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, UnidentifiedImageError

CPU_SECONDS = 30
MEMORY_BYTES = 2 * 1024**3
FILE_BYTES = 256 * 1024**2
#: It gives way to whoever answers readers.
NICENESS = 10
MAX_FRAMES = 1000
#: What JPEG can have, and more than any screen: lines of a few pixels take Pillow far longer than their number says.
MAX_SIDE = 65_535
VARIANT_QUALITY = 80

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_SUFFIXES = {"WEBP": "webp", "JPEG": "jpg"}
_NOT_WHOLE = "must be whole and sound: it can't be decoded to its end"
_NOT_TAKEN = "must be a JPEG, PNG, WebP or GIF image"
#: A JPEG that holds several pictures, as some cameras write it; its first is what everybody shows.
_MULTI_PICTURE = "MPO"
_WHITE = (255, 255, 255)
#: A chunk's length and type (PNG section 5.3).
_PNG_CHUNK = struct.Struct(">I4s")
_PNG_SIGNATURE_BYTES = 8
_PNG_CHECKSUM_BYTES = 4


class Refusal(Exception):
    """The image isn't taken; the text is the rule that it breaks."""


def main(arguments: Sequence[str]) -> None:
    """Does the operation within the limits."""
    operation, source, folder, *limits = arguments
    _limit()
    said = perform(operation, Path(source), Path(folder), [int(limit) for limit in limits])
    sys.stdout.buffer.write(orjson.dumps(said))


def perform(operation: str, source: Path, folder: Path, limits: Sequence[int]) -> dict[str, Any]:
    """What the operation has `made` in the folder, or the rule by which it has `refused`."""
    try:
        return {"made": {"clean": _clean, "resize": _resize}[operation](source, folder, limits)}
    except Refusal as refusal:
        return {"refused": str(refusal)}
    except UnidentifiedImageError:
        return {"refused": _NOT_TAKEN}
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"refused": _too_many_pixels(Image.MAX_IMAGE_PIXELS)}
    except MemoryError:
        return {"refused": "must not take so much memory to decode"}
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError):  # what Pillow's decoders raise on bad files
        return {"refused": _NOT_WHOLE}


def _limit() -> None:
    """Bounds what a file can make this process take."""
    os.nice(NICENESS)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    if sys.platform == "linux":  # elsewhere there is no such limit, or it isn't held
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _clean(source: Path, folder: Path, limits: Sequence[int]) -> list[dict[str, Any]]:
    [max_pixels] = limits
    Image.MAX_IMAGE_PIXELS = max_pixels  # of a frame, also of one that turns out larger than the file's head says
    target = folder / "cleaned"
    with Image.open(source, formats=tuple(_TYPES)) as image:
        form = "JPEG" if image.format == _MULTI_PICTURE else str(image.format)
        if form == "PNG" and not _has_png_end(source):
            raise Refusal(_NOT_WHOLE)
        frames = 1 if form == "JPEG" else getattr(image, "n_frames", 1)
        if frames > MAX_FRAMES:
            raise Refusal(f"must have at most {MAX_FRAMES} frames")
        if max(image.size) > MAX_SIDE:
            raise Refusal(f"must be at most {MAX_SIDE} pixels wide and high")
        if image.width * image.height * frames > max_pixels:
            raise Refusal(_too_many_pixels(max_pixels))
        if frames > 1:
            shown = _write_animation(image, target, form, frames)
        else:
            shown = _upright(image)
            shown.save(target, form, **_still_options(image, source, form))
    return [_made(target, form, shown, animated=frames > 1)]


def _has_png_end(source: Path) -> bool:
    """True if the chunks lead to an IEND (PNG section 11.2.5). Pillow asks for none: as soon as it has the pixels, it takes what
    is cut short."""
    with source.open("rb") as file:
        file.seek(_PNG_SIGNATURE_BYTES)
        while len(head := file.read(_PNG_CHUNK.size)) == _PNG_CHUNK.size:
            length, kind = _PNG_CHUNK.unpack(head)
            file.seek(length, os.SEEK_CUR)
            if len(file.read(_PNG_CHECKSUM_BYTES)) == _PNG_CHECKSUM_BYTES and kind == b"IEND":
                return True
    return False


def _too_many_pixels(most: int | None) -> str:
    return f"must have at most {most} pixels, all frames together"


def _upright(image: Image.Image) -> Image.Image:
    """The image as it is to be seen, without its metadata."""
    image.load()
    shown = _in_srgb(ImageOps.exif_transpose(image))
    if shown.mode == "CMYK":
        shown = shown.convert("RGB")
    return _bare(shown)


def _in_srgb(image: Image.Image) -> Image.Image:
    """The image with its colours as browsers assume them where no profile says otherwise."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a profile that is damaged, or another mode's
        return image


def _bare(image: Image.Image) -> Image.Image:
    """The image without all that Pillow would write beside its pixels: EXIF, XMP, profiles, comments, text."""
    image.info = {name: value for name, value in image.info.items() if name == "transparency"}
    return image


def _still_options(image: Image.Image, source: Path, form: str) -> dict[str, Any]:
    """How to write it with as little loss as may be: a JPEG with the tables that it came with."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        return {"qtables": image.quantization, "subsampling": JpegImagePlugin.get_sampling(image), "optimize": True}
    if form == "WEBP":
        with source.open("rb") as file:
            return {"quality": 90, "method": 2, "lossless": b"VP8L" in file.read(4096)}
    return {}


def _write_animation(image: Image.Image, target: Path, form: str, frames: int) -> Image.Image:
    """The first frame, when all are written."""
    shown, durations = [], []
    loop = image.info.get("loop")
    for number in range(frames):
        image.seek(number)
        image.load()
        durations.append(image.info.get("duration", 0))
        shown.append(_bare(image.copy()))
    options: dict[str, Any] = {"duration": durations} | ({} if loop is None else {"loop": loop})
    if form == "GIF" and any(frame.has_transparency_data for frame in shown):
        options["disposal"] = 2  # each frame is whole, so that nothing of the one before may show through
    shown[0].save(target, form, save_all=True, append_images=shown[1:], **options)
    return shown[0]


def _resize(source: Path, folder: Path, widths: Sequence[int]) -> list[dict[str, Any]]:
    Image.MAX_IMAGE_PIXELS = None  # a file of ours, whose pixels were counted when it came
    made = []
    with Image.open(source, formats=tuple(_TYPES)) as image:
        image.load()
        whole = _bare(_with_eight_bits(image).convert("RGBA" if image.has_transparency_data else "RGB"))
    for width in sorted(width for width in widths if width < whole.width):
        size = (width, max(1, round(whole.height * width / whole.width)))
        narrow = whole.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        for form, suffix in _SUFFIXES.items():
            target = folder / f"{width}.{suffix}"
            (_on_white(narrow) if form == "JPEG" else narrow).save(target, form, quality=VARIANT_QUALITY)
            made.append(_made(target, form, narrow, animated=False))
    return made


def _with_eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits as grey of 8, which Pillow would clip: all but the darkest of it would be white."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value / 257).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _made(file: Path, form: str, image: Image.Image, *, animated: bool) -> dict[str, Any]:
    return {"file": file.name, "type": _TYPES[form], "width": image.width, "height": image.height, "animated": animated}


if __name__ == "__main__":
    main(sys.argv[1:])
