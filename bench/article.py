"""Articles like a newspaper's: some 2 kB of Hangul, a category, tags, an author. The same ones in every run."""

import random

import orjson

PARAGRAPHS = 4
WORDS_PER_PARAGRAPH = 50
CATEGORIES = ("정치", "경제", "사회", "국제", "문화")
TAGS = tuple(f"주제{number}" for number in range(20))

_SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"


def headline(number: int) -> str:
    """A title that no other text contains."""
    return f"기사 제목 {number:06d}호"


def paragraphs(number: int) -> list[str]:
    """An article's text, of which no two have the same."""
    return _paragraphs(random.Random(number))


def _paragraphs(rng: random.Random) -> list[str]:
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(80)]
    return [" ".join(rng.choices(words, k=WORDS_PER_PARAGRAPH)) for _ in range(PARAGRAPHS)]


def news(number: int, *, breaking: bool = False) -> bytes:
    """An article's JSON, as it is posted."""
    rng = random.Random(number)
    text = _paragraphs(rng)
    return orjson.dumps(
        {
            "title": headline(number),
            "content": "".join(f"<p>{paragraph}.</p>" for paragraph in text),
            "summary": f"{text[0][:80]}.",
            "categories": [rng.choice(CATEGORIES)],
            "tags": rng.sample(TAGS, k=2),
            "author": "홍길동",
            "breaking": breaking,
        }
    )
