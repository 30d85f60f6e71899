"""Every fixed limit of the replication logic, each with its unit last in its name."""

from typing import Final

operation_version: Final = 1
"""The version in every header that this code writes and reads."""

header_size_bytes_max: Final = 512
"""A header is a few fixed fields; the largest that can be built has under 400 bytes."""

body_plain_size_bytes_max: Final = 48 * 1024
"""What one operation may carry before compression (DESIGN section 4); more is an attachment."""

body_window_size_bytes_max: Final = 64 * 1024
"""The memory that a compressed body may ask for beside its content (zstd's window)."""

body_size_bytes_max: Final = 64 * 1024
"""The ciphertext of a full body after padding (Padmé adds at most 12 %), nonce and tag."""

body_padding_floor_bytes: Final = 256
"""The smallest padded size, so that short entries look alike."""

changes_per_operation_max: Final = 1024
"""Changes that one operation may carry."""

acts_per_operation_max: Final = 1024
"""Acts that one access operation may carry."""

supersedes_per_change_max: Final = 4096
"""Heads that one change may name."""

elements_per_change_max: Final = 512
"""Top-level elements that one change may touch."""

source_length_chars_max: Final = 256
"""Characters in the name of the system that named a resource."""

cut_runs_max: Final = 16384
"""Runs that one cut may list."""

certificate_age_seconds_max: Final = 12 * 3600
"""A session certificate lends a practitioner's name to a device for at most this long."""

clock_doubt_milliseconds: Final = 10 * 60 * 1000
"""Operations stamped further than this from where they can be are marked "clock doubtful"."""

stamp_milliseconds_min: Final = 1_767_225_600_000
"""2026-01-01: before there was a Satchel. A stamp from before it cannot be right."""

clock_counter_max: Final = 0xFFFF
"""The counter beneath a hybrid timestamp's milliseconds."""

shred_hold_milliseconds_min: Final = 30 * 24 * 3600 * 1000
"""A shred waits at least so long, and a root may cancel it meanwhile (DESIGN section 6)."""

letter_epochs_max: Final = 1024
"""Access epochs that one letter may hand over."""

letter_size_bytes_max: Final = 128 * 1024
"""A sealed letter, whole."""

note_size_bytes_max: Final = 144 * 1024
"""A note, whole: the largest carries a letter."""

note_words_length_chars_max: Final = 1000
"""Characters of a reason that somebody gives."""

note_readers_max: Final = 1024
"""Keys that a reason is sealed to."""

notes_per_session_max: Final = 64
"""Notes that one side hands over in a session, in one frame; the rest waits for the next."""

charter_size_bytes_max: Final = 4096
"""An encoded charter."""

roster_members_max: Final = 512
"""Devices that one roster statement may list a group."""

roster_size_bytes_max: Final = 32 * 1024
"""An encoded roster statement: it must fit an operation beside other acts."""

roster_pledges_max: Final = 16
"""Keys that an organisation may have had, one after the other."""

roster_statements_of_a_key_max: Final = 64
"""Statements by one key of an organisation that the next key may let count."""

lanes_per_chart_max: Final = 16
"""Lanes that a charter may name."""

codec_depth_max: Final = 16
"""Nesting of a decoded value: bodies are flat, deeper is hostile."""

frame_size_bytes_max: Final = 256 * 1024
"""A frame of the sync session; a peer's larger one ends the session (DESIGN section 7.5)."""

frame_size_bytes_target: Final = 128 * 1024
"""How large frames are made on good links."""

frame_size_bytes_least: Final = 1024
"""How small a driver may have frames made on poor links (one operation may still pass it)."""

hello_size_bytes_max: Final = 250
"""A session's first frame (DESIGN section 7.3)."""

credit_bytes_max: Final = 3 * 1024 * 1024
"""Frames of operations and letters in flight that the receiver has not acknowledged."""

credit_bytes_least: Final = 512 * 1024
"""The smallest credit that a peer may announce: two of the largest frames."""

take_size_bytes: Final = 1024 * 1024
"""Received frames that make a batch worth storing: one is being checked and stored while the next
comes in, so that two of them and a frame must be within the credit."""

shared_places_max: Final = 1 << 18
"""(chart, lane) pairs that one session compares in a stage."""

vector_logs_max: Final = 1 << 18
"""Logs that one side describes, or newly begins, in a stage; what is beyond waits for the next."""

fork_ids_max: Final = 1 << 20
"""Operation ids that one side lists of forked logs in a stage."""

letters_per_chart_max: Final = 4096
"""Letters that one side has of a chart."""

session_frames_max: Final = 1 << 20
"""Frames that one session reads: the proof that it ends."""

session_size_bytes_max: Final = 1 << 34
"""Bytes that one session reads: 16 GiB, and the rest in the next."""

content_depth_max: Final = 100
"""How deep a resource's JSON may nest; deeper is unreadable, on every machine alike."""

attachment_size_bytes_max: Final = 256 * 1024 * 1024
"""The original bytes of one resource; larger ones are refused."""

attachment_piece_plain_bytes: Final = 256 * 1024
"""A piece of an attachment before compression; the last one is what is left."""

attachment_piece_sealed_bytes_max: Final = 270_336 + 24 + 16
"""A sealed piece: the Padmé size above a full piece that does not compress, nonce and tag."""

attachment_pieces_max: Final = attachment_size_bytes_max // attachment_piece_plain_bytes
"""Pieces that one operation may have."""

attachment_left_out_max: Final = 512
"""Top-level members that a skeleton may lack."""

attachment_skeleton_size_bytes_max: Final = 7 * 1024
"""A skeleton: beside the largest list of pieces it must fit an operation."""

attachment_manifests_per_operation_max: Final = 8
"""Lists of pieces that are kept of one operation; an honest device signs one."""

attachment_manifest_size_bytes_max: Final = 40 * 1024
"""An encoded manifest of as many pieces as there may be."""

attachment_manifests_told_max: Final = 1 << 18
"""Manifests that one side tells of, or sends, in a session; the rest waits for the next."""

registry_items_max: Final = 1 << 15
"""Facts of the registry that one side tells of in a session; the rest waits for the next."""

registry_parcel_size_bytes_max: Final = 96 * 1024
"""One piece of evidence for facts: it must fit a frame."""

registry_parcels_max: Final = 1024
"""Pieces of evidence in one frame."""

registry_evidence_size_bytes_max: Final = 4 * 1024 * 1024
"""Evidence that one session takes, held in memory until all of it is checked."""
