"""Where corpora are published: the archives that ``ser-bench download`` fetches, and how each is checked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ser_bench.core.errors import ConfigError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A published ZIP archive; sizes are in bytes.

    ``name`` is its file name at a mirror, ``folder`` where it is unpacked below the corpus's folder, ``clips``
    how many files in it match the pattern ``clip_names``. ``size`` and ``md5`` are as published, None where
    nothing was. ``unpacked`` is what unpacking may take, rounded up: more is refused.
    """

    name: str
    url: str
    folder: str
    part: str
    clips: int
    clip_names: str
    size: int | None = None
    md5: str | None = None
    unpacked: int

    def at(self, base_url: str | None) -> str:
        """Return its address, at the mirror ``base_url`` if one is given."""
        return f"{base_url.rstrip('/')}/{self.name}" if base_url else self.url


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a corpus is published: its archives, and what holds for whoever uses it."""

    corpus: str
    title: str
    licence: str
    citation: str
    archives: tuple[Archive, ...]

    def choose(self, part: str | None) -> tuple[Archive, ...]:
        """Return the archives of a part, ``all`` or one that exists; without a choice, those of the first part.

        Raises :class:`ConfigError` where the corpus has no such part.
        """
        wanted = part or self.archives[0].part
        chosen = tuple(archive for archive in self.archives if wanted in ("all", archive.part))
        if not chosen:
            raise ConfigError(f"{self.corpus} has no part {wanted!r}; leave --part out")
        return chosen


def get(name: str) -> Source:
    """Return where a corpus is published; raise :class:`UnknownNameError` where nobody said."""
    if name not in SOURCES:
        raise UnknownNameError("corpus to download", name, SOURCES)
    return SOURCES[name]


def check_mirror(base_url: str | None) -> None:
    """Raise :class:`ConfigError` for a mirror's address that is none."""
    if base_url is None:
        return
    try:
        said = urlsplit(base_url)
        sound = said.scheme in ("http", "https") and bool(said.hostname)
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(f"--base-url {base_url!r} is no address such as https://example.org/folder")


RAVDESS = Source(
    corpus="ravdess",
    title="RAVDESS",
    licence="CC BY-NC-SA 4.0: not for commercial use, share alike, name the authors",
    citation="Livingstone and Russo, PLoS ONE 13(5): e0196391, 2018",
    archives=(
        Archive(
            name="Audio_Speech_Actors_01-24.zip",
            url="https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
            folder="speech",
            part="speech",
            clips=1440,
            clip_names="03-01-*.wav",
            size=208_468_073,
            md5="bc696df654c87fed845eb13823edef8a",
            unpacked=800_000_000,
        ),
        Archive(
            name="Audio_Song_Actors_01-24.zip",
            url="https://zenodo.org/records/1188976/files/Audio_Song_Actors_01-24.zip?download=1",
            folder="song",
            part="song",
            clips=1012,  # 23 actors: number 18 did not sing
            clip_names="03-02-*.wav",
            size=225_505_317,
            md5="5411230427d67a21e18aa4d466e6d1b9",
            unpacked=800_000_000,
        ),
    ),
)

EMODB = Source(
    corpus="emodb",
    title="EmoDB",
    licence="none that we know of comes with the archive; audEERING republishes the corpus as CC0 1.0",
    citation="Burkhardt et al., A Database of German Emotional Speech, Interspeech 2005",
    archives=(
        Archive(
            name="download.zip",
            url="http://emodb.bilderbar.info/download/download.zip",
            folder="emodb",
            part="speech",
            clips=535,
            clip_names="[01][0-9][ab][01][0-9][A-Z][a-z].wav",
            unpacked=200_000_000,
        ),
    ),
)

SOURCES: dict[str, Source] = {source.corpus: source for source in (RAVDESS, EMODB)}
"""Every corpus that can be downloaded, by name."""
