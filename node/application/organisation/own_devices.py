"""The devices of the organisation that this node serves: taking one in, listing them.

A device that is taken in holds the groups' keys and not the organisation's: if it is stolen, the
organisation can still end it (`credential revoke`), and it can end nobody.
"""

import dataclasses

from node.application.access.granting import write_letter_for
from node.application.access.pairing import device_text
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest, NotFound, NotTheHolder
from node.application.organisation.rotating import note_statement
from node.application.progress import Progress
from node.card.joining import Joining, answer_text, parse_request, request_text
from node.keystore.devices import OtherDevice
from node.keystore.identity import Identity
from node.keystore.keystore import Keystore
from node.keystore.secrets import GROUP_NAMES, Secrets, newest_generation
from node.keystore.succession import Succession
from sync.acts import RosterAct
from sync.chart.replica import ChartReplica
from sync.charter import ACCESS
from sync.errors import AuthorityError, LimitError
from sync.grantee import GROUP_ALL, Group, Right
from sync.identifiers import ChartId, DeviceKey, OrganisationAddress, did_ethr, did_key
from sync.limits import roster_members_max

Result = dict[str, object]


def request_to_join(context: Context, organisation: OrganisationAddress) -> Result:
    """What this device writes down to be taken in. Raises BadRequest where it cannot be."""
    if organisation == context.identity.organisation:
        raise BadRequest("this device is of that organisation already")
    return {
        "organisation": did_ethr(organisation),
        "device": context.identity.device_did,
        "request": request_text(context.identity, organisation),
    }


def add_device(
    context: Context, charts: Charts, keystore: Keystore, text: str, progress: Progress
) -> Result:
    """Take a device in: a new roster statement, in every chart, and the answer for the device.

    The same device again gets a new answer, and charts that were cut off before their statement.
    Raises NotTheHolder, BadRequest, JoiningDamaged.
    """
    identity = context.identity
    if not identity.holds_organisation:
        raise NotTheHolder(identity.organisation_did)
    request = parse_request(text)
    if request.organisation != identity.organisation:
        raise BadRequest("the device asks another organisation")
    if request.device.device.key == identity.device:
        raise BadRequest("this is this node's own request")
    _state(context, keystore, request.device)
    carried = carry_statement(context, charts, progress)
    secrets = keystore.secrets
    keys = secrets.succession
    answer = answer_text(
        Joining(context.roster, secrets.group_secrets, secrets.root),
        request.device.device.sealing,
        secrets.organisation_secret if keys is None else keys.secret,
        context.random(32),
    )
    return {
        "device": did_key(request.device.device.key),
        "name": request.device.name,
        "organisation": identity.organisation_did,
        "charts": carried,
        "answer": answer,
    }


def list_devices(context: Context) -> list[Result]:
    """Every device of the organisation's newest statement that is known here."""
    names = {other.device.key: other.name for other in context.identity.secrets.devices.others}
    return [
        {
            "name": names.get(device.key, device_text(context, device.key)),
            "device": did_key(device.key),
            "this": device.key == context.identity.device,
        }
        for device in context.roster.devices
    ]


def carry_statement(context: Context, charts: Charts, progress: Progress) -> int:
    """Write the statement into every chart that lacks its devices; how many those were."""
    carried = 0
    every = list(charts.ids())
    for place, chart in enumerate(every):
        progress("device", place, len(every))
        try:
            carried += carry_into(context, charts, chart)
        except (AuthorityError, LimitError):
            continue  # no standing there: whoever has it carries the statement
    progress("device", len(every), len(every))
    return carried


def carry_into(context: Context, charts: Charts, chart: ChartId) -> bool:
    """Write the statement into one chart where it is lacking; whether it was."""
    if not lacks_statement(context, charts.outline(chart)):
        return False
    with charts.trying(chart):
        author = charts.author(chart)
        under = author.standing(Right.APPEND, author.replica.charter.lane(ACCESS))
        # The statement proves itself; nobody acts who has to be named.
        author.act([RosterAct(context.roster.encoded())], under, personal=False)
        with context.store.transaction():
            charts.keep(author)
            hand_to_own(context, charts, chart)
    return True


def lacks_statement(context: Context, replica: ChartReplica) -> bool:
    """Whether a chart that this organisation's groups are in lacks its newest statement.

    The holder of the organisation's key carries it; a chart's first statement is in it already.
    """
    if not context.identity.holds_organisation or context.roster.number == 0:
        return False
    membership = replica.fold.membership
    return (
        Group(context.identity.organisation, GROUP_ALL) in membership.members
        and context.roster.digest not in membership.statements
    )


def hand_to_own(context: Context, charts: Charts, chart: ChartId) -> None:
    """Keep a letter to this organisation's own group, so that its other devices can begin."""
    group = context.roster.group(GROUP_ALL)
    if group is None or len(context.roster.devices) == 1:
        return
    letters = context.store.letters.of_chart(chart)
    if not any(letter.to == group.sealing for letter in letters):
        write_letter_for(context, charts.replica(chart), group.sealing)


def is_own_device(context: Context, device: DeviceKey) -> bool:
    """Whether a device is another one of this organisation."""
    others = {one.key for one in context.roster.devices} - {context.identity.device}
    return device in others


def use_secrets(context: Context, keystore: Keystore, secrets: Secrets) -> None:
    """Keep changed secrets, and go on with what follows from them."""
    keystore.save(secrets)
    context.identity = Identity(secrets)
    for remembered in ("roster", "openers"):
        context.__dict__.pop(remembered, None)


def remove_device(
    context: Context, charts: Charts, keystore: Keystore, who: str, progress: Progress
) -> Result:
    """Leave a device out of statements from now on, and draw new keys for the groups.

    What is open to it stays open until a chart knows that it was revoked. Other devices have to
    be given the new keys. Raises NotTheHolder, NotFound.
    """
    identity = context.identity
    if not identity.holds_organisation:
        raise NotTheHolder(identity.organisation_did)
    secrets = keystore.secrets
    others = secrets.devices.others
    gone = [one for one in others if who in (one.name, did_key(one.device.key))]
    if len(gone) != 1:
        raise NotFound("device", who)
    fresh = {
        (name, newest_generation(secrets, name) + 1): context.random(32) for name in GROUP_NAMES
    }
    kept = tuple(one for one in others if one != gone[0])
    _renew(
        context,
        keystore,
        dataclasses.replace(
            secrets,
            devices=dataclasses.replace(secrets.devices, others=kept),
            group_secrets={**secrets.group_secrets, **fresh},
        ),
    )
    return {
        "device": did_key(gone[0].device.key),
        "name": gone[0].name,
        "organisation": identity.organisation_did,
        "charts": carry_statement(context, charts, progress),
        "need_keys": [one.name for one in kept],
    }


def _state(context: Context, keystore: Keystore, asked: OtherDevice) -> None:
    """Make the statement that names the device, where the newest one does not."""
    secrets = keystore.secrets
    device = dataclasses.replace(asked, generation=newest_generation(secrets, GROUP_ALL))
    known = secrets.devices.others
    if device in known:
        return
    others = (*(other for other in known if other.device.key != device.device.key), device)
    if len(others) >= roster_members_max:
        raise BadRequest(f"an organisation has at most {roster_members_max} devices")
    _renew(
        context,
        keystore,
        dataclasses.replace(secrets, devices=dataclasses.replace(secrets.devices, others=others)),
    )


def _renew(context: Context, keystore: Keystore, secrets: Secrets) -> None:
    """Make the next statement of the key in use; a later key must say that both count."""
    note_statement(context)
    before = context.roster
    keys = secrets.succession
    if keys is None:
        after = Succession.begin(
            secrets.organisation_secret, context.random, before.number + 1, before.hash
        )
    else:
        after = dataclasses.replace(keys, number=before.number + 1, previous=before.hash)
    use_secrets(context, keystore, dataclasses.replace(secrets, succession=after))
    note_statement(context)
