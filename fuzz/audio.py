"""Headers of audio files, and their samples as the service reads them."""

from __future__ import annotations

import io
from collections.abc import Callable

PACKAGES = ["ser_bench"]


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as an audio file; ffmpeg is not used."""
    from ser_bench import audio
    from ser_bench.audio import headers, sndfile
    from ser_bench.audio.channels import Mixer

    def once(data: bytes) -> None:
        head = headers.check(io.BytesIO(data), len(data), whole=True)
        assert headers.foreign_error(head) is None or str(headers.foreign_error(head)).isprintable()
        headers.ffmpeg_container(head)
        patch = head.sizes.patch
        assert patch is None or patch.offset + len(patch.content) <= len(data)
        assert 0 <= head.sizes.unread <= len(data)
        recording = audio.read_bytes(data)
        blocks = list(sndfile.blocks(sndfile.Source(data, head), Mixer(recording.channel)))
        assert abs(sum(len(y) for _, y in blocks) - recording.total) <= 2304  # a tolerance for MP3

    return once
