"""Makes a node one of an organisation's devices; called by `device join`, while no node runs."""

import dataclasses

from node.application.errors import BadRequest
from node.card.joining import parse_answer
from node.home.layout import Home
from node.keystore.devices import Devices
from node.keystore.identity import Identity
from node.keystore.keystore import Keystore
from node.randomness import Randomness, system_randomness
from node.store.store import open_store
from sync.roster import parse_roster

Result = dict[str, object]


def join_organisation(
    home: Home, passphrase: bytes, text: str, *, random: Randomness = system_randomness
) -> Result:
    """Take an answer in: from now on the device serves that organisation, with its groups' keys.

    A device that has charts of its own organisation stays with it. The same organisation's next
    answer brings new keys. The home's lock is held by the caller. Raises BadRequest,
    JoiningDamaged.
    """
    keystore = Keystore.open(home.keystore, passphrase, random)
    secrets = keystore.secrets
    identity = Identity(secrets)
    joining = parse_answer(text, identity.opener, identity.device)
    again = identity.organisation == joining.roster.organisation
    if again and identity.holds_organisation:
        raise BadRequest("this device holds that organisation's key itself")
    statement = secrets.devices.statement
    if again and statement is not None:
        held, given = parse_roster(statement), joining.roster
        if (len(given.pledges), given.number) < (len(held.pledges), held.number):
            raise BadRequest("this answer is older than the one that this device joined with")
    if not again:
        with open_store(home.store, secrets.store_key) as store:
            if store.charts.all_lanes():
                raise BadRequest(
                    "this node has charts of its own already: join with a node that was just made"
                )
    keystore.save(
        dataclasses.replace(
            secrets,
            devices=Devices(statement=joining.roster.encoded()),
            group_secrets={**(secrets.group_secrets if again else {}), **joining.group_secrets},
            root=joining.root,
            recovery_confirmed=True,
            succession=None,
        )
    )
    joined = Identity(keystore.secrets)
    return {
        "device": joined.device_did,
        "organisation": joined.organisation_did,
        "devices": len(joining.roster.devices),
    }
