"""Every fixed limit of the API, each with its unit last in its name."""

from typing import Final

request_size_bytes_max: Final = 1024 * 1024
"""The arguments of an act: a pairing card and a search text are far below."""

upload_size_bytes_max: Final = 256 * 1024 * 1024
"""One file: it is held in memory while it is read, on machines with 4 GB."""

piece_size_bytes: Final = 128 * 1024
"""What of an export is prepared at once; with one piece in flight its memory stays small."""

progress_seconds_min: Final = 0.1
"""The least time between two progress events of one act."""

sends_waiting_seconds_max: Final = 600.0
"""How long requests that run when a node stops may go on."""
