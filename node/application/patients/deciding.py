"""What becomes of requests for access: a person's answer, or a standing policy's; see `requesting`.

A provider that matches a chart's standing policy is granted by the device itself. It never is on
facts that the registry does not prove: then, as where no policy fits, a person decides.
"""

from node.application.access.gates import is_judged, release
from node.application.access.granting import Introduction, Terms, give, write_letter_for
from node.application.access.pairing import device_text
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import AmbiguousName, BadRequest, NoStanding, NotFound
from node.application.patients.standing_policies import Mismatch, Policies, matching
from node.application.timestamps import parse_time, time_text
from node.registry.verdict import Verdict
from node.store.access_requests import DECLINED, GRANTED, WAITING, AccessRequest
from sync.errors import AuthorityError, RosterError
from sync.grantee import RIGHTS_BY_NAME, Basis, Device, GivenBy, How, Right
from sync.identifiers import ChartId, OrganisationAddress, chart_text, did_ethr, did_key
from sync.note import Request, parse_request
from sync.roster import parse_roster

REQUEST_LENGTH_CHARS_MIN = 6


def organisation_of(request: Request, asked: AccessRequest) -> OrganisationAddress | None:
    """The organisation whose own roster lists the asker with the key that it states."""
    try:
        roster = parse_roster(request.roster)
    except RosterError:
        return None
    listed = {(device.key, device.sealing) for device in roster.devices}
    return roster.organisation if (asked.asker, request.key.sealing) in listed else None


def list_requests(context: Context) -> list[dict[str, object]]:
    """Every request, the oldest first, with what the registry says of who asks."""
    return [_described(context, asked) for asked in context.store.access_requests.all()]


def _described(context: Context, asked: AccessRequest) -> dict[str, object]:
    request = parse_request(asked.note.payload)
    organisation = organisation_of(request, asked)
    verdict = _verdict(context, asked, organisation)
    return {
        "request": asked.id.hex(),
        "chart": chart_text(asked.chart),
        "by": device_text(context, asked.asker),
        "did": did_key(asked.asker),
        "organisation": None if organisation is None else did_ethr(organisation),
        "lanes": list(request.lanes),
        "rights": rights_name(request.rights),
        "reason": request.reason,
        "asked_at": time_text(asked.note.at_milliseconds),
        "state": asked.state,
        "why": asked.why,
        "policy": None if asked.policy is None else asked.policy.hex(),
        "decided_at": (
            None
            if asked.decided_at_milliseconds is None
            else time_text(asked.decided_at_milliseconds)
        ),
        "registry": None if verdict is None else str(verdict),
    }


def rights_name(rights: int) -> str:
    """The name of cumulative rights."""
    names = {int(value): name for name, value in RIGHTS_BY_NAME.items()}
    return names.get(rights, "none")


def _verdict(
    context: Context, asked: AccessRequest, organisation: OrganisationAddress | None
) -> Verdict | None:
    if organisation is None:
        return None
    now_seconds = context.clock() // 1000
    return context.registry.release_verdict(organisation, asked.asker, now_seconds)


def find_request(context: Context, named: str) -> AccessRequest:
    """A request that waits, by its id or the beginning of it. Raises NotFound, AmbiguousName."""
    wanted = named.strip().lower()
    found = [
        asked
        for asked in context.store.access_requests.waiting()
        if len(wanted) >= REQUEST_LENGTH_CHARS_MIN and asked.id.hex().startswith(wanted)
    ]
    if not found:
        raise NotFound("waiting request", named)
    if len(found) > 1:
        raise AmbiguousName("waiting request", named)
    return found[0]


def approve(
    context: Context, charts: Charts, named: str, until: str | None, override: str | None = None
) -> tuple[ChartId, dict[str, object]]:
    """Give what was asked for, as this node's person; durable when it returns.

    Raises NotFound, BadRequest, NoStanding, ReleaseRefused, ReleaseUnproven.
    """
    asked = find_request(context, named)
    request = parse_request(asked.note.payload)
    organisation = organisation_of(request, asked)
    if organisation is None:
        raise BadRequest("the asker's roster does not list it: have it ask again")
    ends = None if until is None else parse_time(until)
    if until is not None and (ends is None or ends <= context.clock()):
        raise BadRequest("a time to come is given as 2027-01-31 or 2027-01-31T12:00:00Z")
    released = release(context, Device(asked.asker), organisation, override)
    terms = Terms(request.lanes, Right(request.rights), until_milliseconds=ends, history=True)
    with charts.trying(asked.chart), context.store.transaction():
        _give(context, charts, asked, request, terms, None)
        released.record(context, asked.chart)
        context.store.access_requests.decide(
            asked.id, GRANTED, "a person approved it", None, context.clock()
        )
    return asked.chart, {
        "request": asked.id.hex(),
        "chart": chart_text(asked.chart),
        "to": device_text(context, asked.asker),
        "state": GRANTED,
        "registry": str(released.verdict),
    }


def decline(context: Context, named: str) -> tuple[ChartId, dict[str, object]]:
    """Decline a request. The asker is not told."""
    asked = find_request(context, named)
    with context.store.transaction():
        context.store.access_requests.decide(
            asked.id, DECLINED, "a person declined it", None, context.clock()
        )
    return asked.chart, {
        "request": asked.id.hex(),
        "chart": chart_text(asked.chart),
        "state": DECLINED,
    }


def _give(
    context: Context,
    charts: Charts,
    asked: AccessRequest,
    request: Request,
    terms: Terms,
    policy: bytes | None,
) -> None:
    """Write the grant with its keys and letter, within the caller's transaction.

    Under a named policy the device grants by itself, and no person's certificate goes with it.
    """
    author = charts.author(asked.chart)
    roster = request.roster if is_judged(context) else None
    introduction = Introduction(request.key.sealing, request.key.signature, roster)
    try:
        give(author, Device(asked.asker), introduction, terms, policy, personal=policy is None)
    except AuthorityError as error:
        raise NoStanding(chart_text(asked.chart), str(error)) from error
    charts.keep(author)
    write_letter_for(context, author.replica, request.key.sealing)
    context.store.unsettled.mark(asked.chart)


def charts_asked(context: Context) -> set[ChartId]:
    """The charts that somebody asks for and nobody has decided about."""
    return {asked.chart for asked in context.store.access_requests.waiting()}


def decide_waiting(context: Context, charts: Charts, policies: Policies) -> list[ChartId]:
    """Grant what standing policies give; the rest waits, with the reason. The charts granted in.

    The device grants by itself, under the policy's name; keys and letter go with it.
    """
    granted: list[ChartId] = []
    for asked in context.store.access_requests.waiting():
        request = parse_request(asked.note.payload)
        standing = policies(asked.chart)
        organisation = organisation_of(request, asked) if standing else None
        found = matching(context, standing, asked, request, organisation)
        if isinstance(found, Mismatch):
            if asked.why != found:
                context.store.access_requests.decide(asked.id, WAITING, str(found), None, 0)
            continue
        terms = Terms(
            request.lanes,
            Right(request.rights),
            basis=Basis.CONSENT,
            given_by=GivenBy.PATIENT,
            how=How.SIGNED,
            until_milliseconds=found.until_milliseconds,
            history=found.history,
        )
        now = context.clock()
        try:
            with charts.trying(asked.chart), context.store.transaction():
                _give(context, charts, asked, request, terms, found.id)
                context.store.access_requests.decide(
                    asked.id, GRANTED, "a standing policy gives it", found.id, now
                )
                context.store.audit.append("grant by policy", asked.chart, None, now)
        except NoStanding as error:
            context.store.access_requests.decide(asked.id, WAITING, str(error), None, 0)
            continue
        granted.append(asked.chart)
    return granted
