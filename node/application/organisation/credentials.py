"""Issuing and revoking credentials of devices and practitioners: `satchel credential`.

What is said here waits in the outbox until a chain is met; it is signed, so anybody may relay it.
"""

from collections.abc import Sequence
from typing import Final

from contracts.packing import Kind
from node.application.context import Context
from node.application.errors import BadRequest, NotTheHolder
from node.application.organisation.organisations import (
    key_of,
    seconds_of,
    seconds_text,
    shared_registry,
)
from node.registry.limits import credential_issue_days, credential_keys_max
from node.registry.signed_calls import issue, revoke
from sync.identifiers import DeviceKey, did_ethr, did_key

Result = dict[str, object]

_DAY_SECONDS: Final = 24 * 3600
NOT_YET: Final = (
    "no chain has it yet: `satchel registry sync --pay` sends it, and so may anybody who is given "
    "it; until a proof of it reaches a node, that node goes on as before"
)


def wanted_keys(
    context: Context, devices: Sequence[str], practitioners: Sequence[str], *, own: bool
) -> tuple[list[DeviceKey], list[DeviceKey]]:
    """The devices' and the practitioners' keys that were named, each once. Raises BadRequest."""
    found = [key_of(context, who) for who in devices]
    people = [key_of(context, who) for who in practitioners]
    if own:
        found.append(context.identity.device)
        people.append(context.identity.owner.public)
    found, people = list(dict.fromkeys(found)), list(dict.fromkeys(people))
    if not found and not people:
        raise BadRequest("name a device or a practitioner, or say that it is this node's own")
    if len(found) + len(people) > credential_keys_max:
        raise BadRequest(f"at most {credential_keys_max} keys go at once")
    return found, people


def issue_credentials(
    context: Context,
    devices: Sequence[DeviceKey],
    practitioners: Sequence[DeviceKey],
    until: str | None,
) -> Result:
    """Sign and queue credentials of this organisation. Raises NoNetwork."""
    registry = shared_registry(context)
    until_seconds = seconds_of(until)
    now_seconds = context.clock() // 1000
    if until_seconds and until_seconds <= now_seconds:
        raise BadRequest("a credential ends later than now")
    deadline_seconds = now_seconds + credential_issue_days * _DAY_SECONDS
    organisation = context.identity.organisation
    with context.store.transaction():
        numbers = [
            context.store.outbox.put(
                issue(
                    registry.network,
                    organisation,
                    signing_secret(context),
                    keys,
                    kind,
                    until_seconds,
                    deadline_seconds,
                    _label(kind, keys),
                ),
                now_seconds,
            )
            for kind, keys in ((Kind.DEVICE, devices), (Kind.PRACTITIONER, practitioners))
            if keys
        ]
    return {
        "issuer": did_ethr(organisation),
        "keys": [did_key(key) for key in (*devices, *practitioners)],
        "until": seconds_text(until_seconds),
        "queued": numbers,
        "not_yet": NOT_YET,
    }


def revoke_credentials(context: Context, keys: Sequence[DeviceKey]) -> Result:
    """Sign and queue what ends credentials of this organisation for ever. Raises NoNetwork."""
    registry = shared_registry(context)
    organisation = context.identity.organisation
    with context.store.transaction():
        number = context.store.outbox.put(
            revoke(
                registry.network,
                organisation,
                signing_secret(context),
                keys,
                _label(None, keys),
            ),
            context.clock() // 1000,
        )
    return {
        "issuer": did_ethr(organisation),
        "keys": [did_key(key) for key in keys],
        "queued": [number],
        "not_yet": NOT_YET,
        "follows": consequences(context, keys),
    }


def consequences(context: Context, keys: Sequence[DeviceKey]) -> list[str]:
    """What follows once it is proven, in words for people."""
    said = [
        "it is for ever: the key can never be issued again, by anybody's mistake or wish",
        "nodes that hold the proof refuse to serve a revoked device, and its charts' custodians "
        "write a notice that ends what it may do",
        "what it holds already it keeps; `satchel revoke DEVICE --lost` ends its access in charts "
        "at once, without a chain",
    ]
    if context.identity.device in keys:
        said.insert(0, "this node's own device is among them: peers will refuse this node")
    return said


def signing_secret(context: Context) -> bytes:
    """The organisation's key in use, with which the registry is told. Raises NotTheHolder."""
    if not context.identity.holds_organisation:
        raise NotTheHolder(context.identity.organisation_did)
    keys = context.identity.secrets.succession
    return context.identity.secrets.organisation_secret if keys is None else keys.secret


def _label(kind: Kind | None, keys: Sequence[DeviceKey]) -> str:
    first = did_key(keys[0])[:24]
    what = "credential" if kind is None else kind.name.lower()
    return f"{what} {first}…" if len(keys) == 1 else f"{len(keys)} {what}s"
