"""``ser-bench import``: from a folder of audio files to a manifest.

Each column of the manifest comes from what the user states, else from a table beside the audio, from the names of
published corpora, or from folders and file names. A guess is shown as a guess, and no speaker is invented.
"""

from ser_bench.corpora.importing.assembly import Choices, Imported, import_clips
from ser_bench.corpora.importing.legends import parse_meanings
from ser_bench.corpora.importing.paths.emotions import LabelSource
from ser_bench.corpora.importing.preview import preview, warnings
from ser_bench.corpora.importing.tables.table import parse_mapping
from ser_bench.corpora.importing.writing import check_output, write_manifest

__all__ = [
    "Choices",
    "Imported",
    "LabelSource",
    "check_output",
    "import_clips",
    "parse_mapping",
    "parse_meanings",
    "preview",
    "warnings",
    "write_manifest",
]
