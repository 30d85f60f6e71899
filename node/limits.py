"""Every fixed limit of a node, each with its unit last in its name."""

from typing import Final

lock_wait_seconds: Final = 10.0
"""How long a command waits for another process to let go of the home (DESIGN section 3)."""

lock_poll_seconds: Final = 0.05
"""How often it looks meanwhile."""

lock_text_size_bytes_max: Final = 8192
"""What is read of a lock file: a pid and a path."""

socket_path_size_bytes_max: Final = 100
"""The longest path a socket gets; systems end at 103 to 107 bytes (DESIGN section 9)."""

passphrase_size_bytes_max: Final = 4096
"""The longest passphrase, in UTF-8."""

keystore_size_bytes_max: Final = 4 * 1024 * 1024
"""A keystore file; each generation of a group's key takes under 100 bytes of it."""

passphrase_memory_bytes_max: Final = 1024 * 1024 * 1024
"""What a keystore's header may make Argon2id take; a damaged one must not exhaust the machine."""

passphrase_passes_max: Final = 16
"""Passes over that memory that a keystore's header may ask for."""

node_name_length_chars_max: Final = 100
"""A node's own name, as people see it."""

card_length_chars_max: Final = 64 * 1024
"""A pairing card, as its line of text."""

card_addresses_max: Final = 16
"""Addresses on a pairing card."""

card_address_length_chars_max: Final = 256
"""One address on a pairing card, as a multiaddr."""

frame_length_size_bytes: Final = 4
"""The length before each frame on a stream, big-endian."""

frame_size_bytes_max: Final = 1024 * 1024
"""A frame; those of a good link carry 64 to 256 KiB (DESIGN section 7)."""

frame_seconds_max: Final = 300.0
"""How long one frame may take to arrive once it has begun."""

stream_idle_seconds_max: Final = 30.0
"""A stream on which no byte moved for so long is reset."""

stream_read_size_bytes: Final = 256 * 1024
"""What is asked of a stream at once."""

stream_write_size_bytes_max: Final = 64 * 1024
"""What is handed to a stream at once; the idle time counts for each such piece."""

stream_goodbye_seconds_max: Final = 2.0
"""How long resetting a stream, or closing a connection, may take before the socket is cut."""

incoming_streams_per_peer_max: Final = 4
"""Streams of one peer that are served at once."""

incoming_streams_max: Final = 64
"""Streams of all peers that are served at once."""

connections_max: Final = 256
"""Connections with peers, dialled and accepted."""

connections_per_peer_max: Final = 4
"""Connections with one peer."""

connection_streams_max: Final = 32
"""Streams that a peer may hold open in one connection, whether it says anything there or not."""

connection_unread_bytes_max: Final = 32 * 1024 * 1024
"""Bytes of one connection that wait to be read; an honest peer's windows keep it far below."""

dial_seconds_max: Final = 20.0
"""How long reaching a peer may take, handshakes included."""

reopen_seconds_max: Final = 5.0
"""How long an open connection gets for a new stream before another connection is tried."""

read_ahead_frames_max: Final = 16
"""Frames that are read from a peer while the disk is busy with those before."""

thread_switch_seconds: Final = 0.0005
"""How long a thread that computes may keep others waiting: a sixth of a first sync was that."""

pause_seconds: Final = 0.1
"""When no frame came for so long, a session stores what it has instead of waiting for a batch."""

helper_batch_signatures_min: Final = 256
"""Signatures of a batch for which it pays to ask another process."""

helper_answer_seconds_max: Final = 30.0
"""How long that process may take for a batch, or to take one, before it is given up."""

helper_failures_max: Final = 3
"""After so many failures of it, this process checks alone."""

farewell_seconds_max: Final = 5.0
"""How long a finished session waits for the peer to finish too."""

store_busy_milliseconds_max: Final = 5_000
"""How long a statement waits for another process that has the database."""

store_cache_kibibytes: Final = 32 * 1024
"""Decrypted pages that the store keeps in memory."""

sessions_remembered_per_device_max: Final = 100
"""Sessions with one device that the store tells of; older ones go."""

search_results_max: Final = 50
"""Charts that a search gives; node/search/limits.py bounds what it may cost."""

operations_cached_max: Final = 20_000
"""Operations of whole charts kept in memory at once: some 4 KB each, more when opened."""

outlines_cached_max: Final = 512
"""Outlines kept in memory at once: some 50 KB each."""

sketches_cached_max: Final = 20_000
"""Charts of which it is remembered where to write next: some 3 KB each."""

import_window_size_bytes: Final = 32 * 1024 * 1024
"""What an import reads before it writes, so that each chart is touched once for more of it."""

import_look_ahead_bytes: Final = 8 * 1024 * 1024
"""What of it is kept decoded, so that a Bundle's references forward resolve: ten times as much
memory."""

import_line_look_ahead_bytes: Final = 512 * 1024
"""The same for lines, which seldom refer to what stands below them."""

import_transaction_size_bytes_max: Final = 64 * 1024 * 1024
"""What of a Bundle is held that is taken whole, or does not say in time what it is."""

import_batch_resources_max: Final = 1000
"""Resources of an import that one database transaction holds, unless one chart has more."""

import_rejections_listed_max: Final = 1000
"""Rejections that an import's answer lists; the rest are counted."""

settle_charts_per_commit_max: Final = 32
"""Charts whose lists are brought up to date in one database transaction."""

places_remembered_max: Final = 200_000
"""Lanes whose digests are remembered, of all peers together: some 300 bytes each."""

peers_remembered_max: Final = 512
"""Peers whose digests are remembered: strangers share no lane, and there is no end of them."""

session_charts_new_max: Final = 4096
"""Charts that one session may bring that were not known here; more come with the next."""

read_operations_max: Final = 500
"""Operations of a log that are read from the store at once."""

pending_operations_max: Final = 20_000
"""Access operations of a chart held in memory until they show that it was granted to this node."""

pending_size_bytes_max: Final = 16 * 1024 * 1024
"""Bodies that one session may have held in memory of charts that are not yet known as granted."""

shred_hold_days_usual: Final = 30
"""How long a shred waits where nobody says otherwise: the least that is allowed."""

shred_hold_days_max: Final = 3650
"""How long a shred may be put off."""

shred_watch_step_milliseconds_max: Final = 3 * 24 * 3600 * 1000
"""Time between two looks at a shred's hold that counts on this node's clock alone."""

people_weighed_at_once_max: Final = 200
"""People compared with the others while the node does nothing else, after an import."""

duplicates_listed_max: Final = 10_000
"""Pairs that the list of likely duplicates shows, the likeliest first."""

linked_charts_max: Final = 16
"""Charts that are shown together with one, over chains of links."""

link_reason_length_chars_max: Final = 200
"""Why two charts are linked or taken apart, in a person's words."""

shred_look_seconds: Final = 3600.0
"""How often a node that serves looks whether a hold is over."""

shred_compact_size_bytes_max: Final = 512 * 1024 * 1024
"""A database up to this size is written anew where something destroyed is left in it."""

shred_reason_length_chars_min: Final = 24
"""The files are searched for a reason of broken glass from this length: shorter ones are common."""

glass_answers_per_hour_max: Final = 5
"""Letters that a peer which broke a glass is written in an hour; the fold counts no more either."""

glass_false_answers_max: Final = 32
"""Devices whose answers to one broken glass are tried while none of them opens the chart."""

glass_hours: Final = 4
"""How long a break-glass lasts, in hours (DESIGN section 6); what a person is told."""

second_person_minutes_max: Final = 60
"""How old a second person's confirmation of a break-glass may be, in minutes."""

requests_waiting_per_asker_max: Final = 32
"""Requests for access of one device that wait for a person; more are let go."""

requests_waiting_max: Final = 1000
"""Requests for access that wait for a person, of everybody."""

grantee_age_seconds_max: Final = 24 * 3600
"""How old the proof of a new grantee's accreditation may be when a key is released to it."""

credential_age_seconds_max: Final = 24 * 3600
"""How old the proof of a device's credential may be when somebody unknown is served."""

disaster_age_seconds_max: Final = 7 * 24 * 3600
"""How old either may be while the council's disaster mode lasts."""

override_reason_length_chars_max: Final = 500
"""Why an admin gives access although the registry's facts are old, in a person's words."""

registry_meet_seconds: Final = 3600.0
"""How often a node that serves meets the registry's chain, and vouches for a block if it may."""

letters_of_pair_max: Final = 32
"""Letters of one author to one key that are kept beside a chart; the newest eight are told of."""

letters_unexplained_max: Final = 64
"""Letters kept beside a chart that are to keys nobody stated there, or of authors without a grant;
they come before the grant that explains them."""
