"""A council's actions in words: from what a person types, and as people read what they sign."""

from collections.abc import Iterator, Sequence

from node.application.context import Context
from node.application.errors import BadRequest
from node.application.organisation.organisations import (
    key_of,
    organisation_name,
    organisation_of,
    seconds_of,
)
from node.application.timestamps import time_text
from node.registry.limits import proposal_actions_max
from node.registry.proposal import Action, ActionKind, Proposal
from node.registry.roles import role_mask, role_names
from node.registry.signers import SignerSet
from sync.identifiers import did_ethr, did_key

_OF_ONE = {
    "suspend": ActionKind.SUSPEND,
    "add-member": ActionKind.ADD_MEMBER,
    "remove-member": ActionKind.REMOVE_MEMBER,
}
ACTIONS_SAID = (
    "actions are: accredit ORG role ROLE until TIME, suspend ORG, add-member ORG, "
    "remove-member ORG, threshold N, disaster until TIME, disaster end, "
    "signers K KEY,…, withdraw PROPOSAL"
)


def parse_actions(
    context: Context, words: Sequence[str]
) -> tuple[tuple[Action, ...], tuple[SignerSet, ...]]:
    """The actions that words name, one after the other, or raise BadRequest."""
    actions: list[Action] = []
    sets: list[SignerSet] = []
    left = list(words)
    try:
        while left:
            actions.append(_action(context, left, sets).checked())
    except (ValueError, IndexError) as error:
        reason = str(error) if isinstance(error, ValueError) else "an action breaks off"
        raise BadRequest(f"{reason}; {ACTIONS_SAID}") from error
    if not 0 < len(actions) <= proposal_actions_max:
        raise BadRequest(f"a proposal has 1 to {proposal_actions_max} actions; {ACTIONS_SAID}")
    return tuple(actions), tuple(sets)


def _action(context: Context, left: list[str], sets: list[SignerSet]) -> Action:
    verb = left.pop(0)
    if verb in _OF_ONE:
        return Action(_OF_ONE[verb], organisation_of(context, left.pop(0)))
    if verb == "accredit":
        subject = organisation_of(context, left.pop(0))
        options = dict.fromkeys(("role", "until"), "") | _options(left)
        roles = role_mask(part for part in options["role"].split(",") if part)
        if not roles:
            raise ValueError("accredit needs role ROLE")
        until = seconds_of(options["until"] or None)
        if until and until <= context.clock() // 1000:
            raise ValueError("an accreditation ends later than now")
        return Action(ActionKind.ACCREDIT, subject, roles, until)
    if verb == "threshold":
        return Action(ActionKind.SET_THRESHOLD, a=int(left.pop(0)))
    if verb == "disaster":
        options = _options(left)
        if ("end" in options) == ("until" in options):
            raise ValueError("disaster needs until TIME or end")
        until = 0 if "end" in options else seconds_of(options["until"])
        if until and until <= context.clock() // 1000:
            raise ValueError("disaster mode ends later than now")
        return Action(ActionKind.DISASTER, a=until)
    if verb == "signers":
        threshold, keys = int(left.pop(0)), left.pop(0).split(",")
        chosen = SignerSet(tuple(sorted({key_of(context, key) for key in keys})), threshold)
        sets.append(chosen)
        return Action(ActionKind.SET_SIGNERS, a=int.from_bytes(chosen.hash, "big"))
    if verb == "withdraw":
        return Action(ActionKind.WITHDRAW, a=int(left.pop(0), 16))
    raise ValueError(f"{verb} is no action")


def _options(left: list[str]) -> dict[str, str]:
    """Take off what is said of one action, with or without dashes; roles may come repeatedly."""
    found: dict[str, str] = {}
    while left:
        name, _, value = left[0].removeprefix("--").partition("=")
        if name not in ("role", "until", "end"):
            break
        left.pop(0)
        if name != "end" and not value:
            value = left.pop(0)
        found[name] = f"{found[name]},{value}" if name == "role" and name in found else value
    return found


def action_words(context: Context, proposal: Proposal) -> list[str]:
    """What a proposal does, a line an action, as a person is to read it before signing."""
    sets = iter(proposal.signer_sets)
    return [_words(context, action, sets) for action in proposal.actions]


def _words(context: Context, action: Action, sets: Iterator[SignerSet]) -> str:
    who = did_ethr(action.subject)
    name = organisation_name(context, action.subject)
    subject = f"{who} ({name})" if name else f"{who} (no card of it is held here)"
    match action.kind:
        case ActionKind.ACCREDIT:
            until = f"until {time_text(action.b * 1000)}" if action.b else "without an end"
            return f"accredit {subject} as {', '.join(role_names(action.a))}, {until}"
        case ActionKind.SUSPEND:
            return f"suspend {subject}: its devices and people count as not accredited"
        case ActionKind.ADD_MEMBER:
            return f"give {subject} a seat on the council"
        case ActionKind.REMOVE_MEMBER:
            return f"take {subject} off the council"
        case ActionKind.SET_THRESHOLD:
            return f"let {action.a} of the council's members decide from then on"
        case ActionKind.DISASTER:
            if action.a == 0:
                return "end disaster mode"
            return (
                f"declare disaster mode until {time_text(action.a * 1000)}: until then nodes "
                "release keys and serve by facts that are up to 7 days old"
            )
        case ActionKind.SET_SIGNERS:
            chosen = next(sets)
            keys = ", ".join(did_key(key) for key in chosen.keys)
            return f"let {chosen.threshold} of these vouch for the chain's blocks: {keys}"
        case ActionKind.WITHDRAW:
            return f"withdraw proposal {action.a:064x}: it can never be executed"
