"""The acts with a registry: a council founds it, a tablet is stolen, the truck brings the news."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.demo import registry_checks
from scenarios.demo.cast import Actor
from scenarios.demo.checks import Check
from scenarios.demo.play import Play
from scenarios.demo.together import together

_OUTBOX = "to chain.outbox"
_REFUSED = 8
"""What a command ends with where somebody refuses it."""


def found_registry(play: Play) -> list[Check]:
    """A ministry and an agency put the registry on a chain: together they are its council."""
    ministry, agency = play.cast.council()
    play.chain.serve()
    together(play.processes, *(partial(_make_home, one) for one in (ministry, agency)))
    known = [one.ask("id") for one in (ministry, agency)]
    who = [word for one in known for word in ("--council", str(one["organisation"]))]
    signers = [word for one in known for word in ("--checkpoint-signer", one["checkpoint_key"])]
    deployed = ministry.ask(
        *("chain", "deploy", "--url", play.chain.url, "--network", str(play.network)),
        *("--name", "valley", "--development", "--threshold", "2", "--checkpoint-threshold", "1"),
        *who,
        *signers,
    )
    play.offline_network.write_text(without_endpoints(play.network))
    joining = [partial(one.run, "network", "join", str(play.network)) for one in (ministry, agency)]
    together(play.processes, *joining)
    agency.serve()  # it has much to do: one process for all of it
    agency.run("registry", "sync")
    play.narrator.tell("a ministry and an agency are its council: both must agree")
    play.narrator.tell(f"its words: {' '.join(deployed['words'][:6])} …")
    return []


def accredit(play: Play) -> list[Check]:
    """By a vote of both the clinics and the truck are accredited; each vouches for its devices."""
    riverside, hilltop, truck = play.cast.everybody()
    ministry, agency = play.cast.council()
    _join_tablet(play)
    tablet = str(play.cast.tablet.ask("id")["did"])
    together(
        play.processes,
        lambda: riverside.run("credential", "issue", "--self", "--device", tablet),
        lambda: hilltop.run("credential", "issue", "--self"),
        lambda: truck.run("credential", "issue", "--self"),
    )
    together(
        play.processes,
        *(
            partial(one.run, "registry", "outbox", "--out", _OUTBOX)
            for one in (riverside, hilltop, truck)
        ),
    )
    proposal = play.stage / "three.proposal"
    organisations = {one.name: one.ask("id")["organisation"] for one in play.cast.everybody()}
    ministry.run(
        *("council", "propose"),
        *("accredit", organisations[riverside.name], "--role", "clinic"),
        *("accredit", organisations[hilltop.name], "--role", "clinic"),
        *("accredit", organisations[truck.name], "--role", "relay"),
        *("--sign", "--out", str(proposal)),
    )
    agency.run("council", "sign", str(proposal), "--yes")
    agency.run("council", "execute", str(proposal), "--pay", "--yes")
    for one in (riverside, hilltop, truck):
        agency.run("registry", "outbox", "--take", str(one.folder / _OUTBOX))
    agency.run("registry", "sync", "--pay", "--yes")
    _vouch(play)
    play.narrator.tell("both vote: riverside and hilltop are clinics, the truck is a relay")
    play.narrator.tell("the agency pays for all; hilltop and the truck never see the chain")
    return []


def steal(play: Play) -> list[Check]:
    """The tablet is stolen: riverside revokes it on the chain; then the chain is gone."""
    riverside = play.cast.riverside
    tablet = str(play.cast.tablet.ask("id")["did"])
    riverside.run("credential", "revoke", "--device", tablet, "--yes")
    riverside.run("registry", "sync", "--pay", "--yes")
    _vouch(play)
    riverside.run("registry", "sync")
    known = riverside.ask("credential", "check", tablet)
    before = play.cast.hilltop.ask("credential", "check", tablet)
    play.chain.end()
    play.cast.agency.stop()
    play.narrator.tell("riverside's tablet is stolen, and revoked on the chain")
    play.narrator.tell("then the chain cannot be reached any more, by anybody")
    return [registry_checks.revoked_here_only(known, before)]


def bring_the_news(play: Play) -> list[Check]:
    """The truck carries the proof to hilltop, which shuts the tablet out."""
    riverside, hilltop, _ = play.cast.everybody()
    tablet = play.cast.tablet
    device = str(tablet.ask("id")["did"])
    served = tablet.ends_with("sync", hilltop.address)
    play.carry(riverside, hilltop)
    refused = tablet.ends_with("sync", hilltop.address)
    known = hilltop.ask("credential", "check", device)
    status = hilltop.ask("registry", "status")
    play.carry(riverside)
    play.narrator.tell("the truck carries the proof; hilltop checks it by itself, without a chain")
    return [
        registry_checks.news_arrived(known, status),
        registry_checks.shut_out(served, refused, _REFUSED),
    ]


def _make_home(actor: Actor) -> None:
    actor.make_home()


def _join_tablet(play: Play) -> None:
    """The tablet becomes riverside's: it asks, is taken in, and joins."""
    riverside, tablet = play.cast.riverside, play.cast.tablet
    riverside.run("id", "--card", str(riverside.card))
    tablet.run("peer", "add", str(riverside.card))
    request, answer = tablet.folder / "tablet.request", riverside.folder / "tablet.answer"
    tablet.run("device", "request", riverside.name, "--out", str(request))
    riverside.run("device", "add", str(request), "--out", str(answer))
    tablet.run("device", "join", str(answer))


def _vouch(play: Play) -> None:
    """The agency vouches for the newest block, and riverside goes by that."""
    play.checkpoint.unlink(missing_ok=True)
    play.cast.agency.run("checkpoint", "sign", "--out", str(play.checkpoint))
    riverside = play.cast.riverside
    seen = riverside.folder / "seen.checkpoint"
    seen.unlink(missing_ok=True)
    riverside.run("checkpoint", "combine", str(play.checkpoint), "--out", str(seen))


def without_endpoints(network: Path) -> str:
    """The same network for who has no line to the chain: endpoints are nobody's to trust."""
    told: dict[str, Any] = json.loads(network.read_text())
    return json.dumps({**told, "urls": []})
