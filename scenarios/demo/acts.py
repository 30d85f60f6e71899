"""The acts of the story, in order; each lets the nodes do something and checks what they show."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from node.command.telling import plural
from node.fhir.face import patient_face
from scenarios.demo import checks, registry_checks
from scenarios.demo.cast import Actor
from scenarios.demo.checks import Check, Listed
from scenarios.demo.errors import Unexpected
from scenarios.demo.evidence import Resource, export_lines
from scenarios.demo.opened_home import open_home_copy, opened_bodies
from scenarios.demo.papers import lay_out, lay_out_people, read_back, reference
from scenarios.demo.plaintext_search import files_in, search_for, telling_words
from scenarios.demo.play import Play
from scenarios.demo.together import together
from scenarios.demo.worklist import choices_told, choose
from scenarios.population import MadePatient

_LANES = "summary,care,sensitive"


def make_homes(play: Play) -> list[Check]:
    """Everybody makes a home with keys of its own."""
    riverside, hilltop, truck = play.cast.everybody()
    homes = (
        (riverside, play.network),
        (play.cast.tablet, play.network),
        (hilltop, play.offline_network),
        (truck, play.offline_network),
    )
    together(play.processes, *(partial(_make_home, *home) for home in homes))
    play.narrator.tell("riverside and hilltop are clinics; the truck is a relay")
    return []


def register_and_grant(play: Play) -> list[Check]:
    """All pair by files; riverside registers patients and gives access; the others come once."""
    riverside, hilltop, truck = play.cast.everybody()
    actors = play.cast.everybody()
    together(play.processes, *(partial(_write_card, actor) for actor in actors))
    together(play.processes, *(partial(_pair, actor, actors) for actor in actors))
    riverside.run("registry", "sync")
    status = riverside.ask("registry", "status")
    registered = lay_out_people(play.folder(riverside, "registered"), play.papers)
    taken = riverside.ask("import", str(registered))
    _learn_charts(play)
    give = ("grant", "--all", "--lanes", _LANES)
    riverside.run(*give, "--to", hilltop.name, "--rights", "append", "--history")
    riverside.run(*give, "--to", truck.name, "--rights", "relay")
    people = plural(len(play.papers.registered), "patient")
    play.narrator.tell(f"riverside registers {people}, {taken['accepted']} records")
    play.narrator.tell("hilltop may read and add; the truck may only carry")
    together(
        play.processes,
        partial(hilltop.run, "sync", riverside.address),
        partial(truck.run, "sync", riverside.address),
        partial(play.cast.tablet.run, "sync", riverside.address),
    )
    here, there = play.export_both("registered")
    return [
        registry_checks.accredited(status["organisations"], [one.name for one in actors]),
        checks.same_copies("both clinics begin with the same", here, there),
        checks.all_registered(there, read_back(registered)),
    ]


def work_apart(play: Play) -> list[Check]:
    """Cut off, no node running, both clinics write in the same charts."""
    riverside, hilltop, _ = play.cast.everybody()
    ours = lay_out(play.folder(riverside, "apart"), play.papers.riverside_apart)
    theirs = lay_out(play.folder(hilltop, "apart"), play.papers.hilltop_apart)
    together(
        play.processes,
        lambda: riverside.run("import", str(ours)),
        lambda: _add_records(play, hilltop, theirs, play.papers.people_apart),
    )
    play.narrator.tell("riverside raises a dose, corrects a birth date, notes an allergy")
    play.narrator.tell("hilltop stops that medicine, corrects that date, takes a blood pressure")
    return []


def meet_by_truck(play: Play) -> list[Check]:
    """The truck carries what both wrote; then both hold all of it, and disagree alike."""
    riverside, hilltop, _ = play.cast.everybody()
    ours, theirs = (read_back(play.folder(one, "apart")) for one in (riverside, hilltop))
    apart = checks.worked_apart(*play.export_both("apart"), ours, theirs)
    play.carry(riverside, hilltop, riverside)
    here, there = play.export_both("met")
    histories = play.export_both("met history", "--history")
    expected = {play.papers.prescription: "status", play.papers.person: "birthDate"}
    worklists = _worklists(play)
    play.worklists.update(zip((riverside.name, hilltop.name), worklists, strict=True))
    return [
        apart,
        checks.same_copies("by way of the relay both converge", here, there),
        checks.nothing_lost(histories, play.written()),
        checks.same_conflicts(*worklists, expected),
        checks.safe_side_shows([here, there], play.papers.prescription),
    ]


def resolve(play: Play) -> list[Check]:
    """A clinician at each clinic looks at one conflict and closes it; the truck carries that."""
    riverside, hilltop, _ = play.cast.everybody()
    born = next(
        one["birthDate"]
        for one in chain.from_iterable(play.papers.riverside_apart)
        if reference(one) == play.papers.person
    )
    decided: dict[str, Resource] = {
        play.papers.prescription: {"status": "stopped"},
        play.papers.person: {"birthDate": born},
    }
    told: dict[str, list[str]] = {}

    def decide(actor: Actor, about: str) -> None:
        conflict = _about(play.worklists[actor.name], about)
        told[about] = choices_told(conflict)
        choice = str(choose(conflict, decided[about]))
        actor.run("conflicts", "show", str(conflict["conflict"]))
        actor.run("conflicts", "resolve", str(conflict["conflict"]), "--choose", choice)

    together(
        play.processes,
        lambda: decide(riverside, play.papers.prescription),
        lambda: decide(hilltop, play.papers.person),
    )
    for about in decided:
        play.narrator.tell(f"conflict about a {about.partition('/')[0]}:")
        for line in told[about]:
            play.narrator.tell(line)
    play.narrator.tell("riverside confirms the stop, hilltop takes riverside's birth date")
    play.carry(riverside, hilltop, riverside)
    exports = play.export_both("resolved")
    return [checks.resolved(_worklists(play), exports, decided)]


def shut_out(play: Play) -> list[Check]:
    """Riverside ends hilltop's access and writes on; hilltop cannot know yet, and does too."""
    riverside, hilltop, _ = play.cast.everybody()
    after = lay_out(play.folder(riverside, "after"), [[play.papers.after_revocation]])
    late = lay_out(play.folder(hilltop, "late"), [[play.papers.late]])

    def end_access() -> None:
        riverside.run("revoke", "--all", "--from", hilltop.name)
        riverside.run("import", str(after))

    together(
        play.processes,
        end_access,
        lambda: _add_records(play, hilltop, late, play.papers.people_apart[:1]),
    )
    play.narrator.tell("riverside writes on; hilltop, which cannot know it yet, does too")
    return []


def meet_again(play: Play) -> list[Check]:
    """The truck brings hilltop the revocation, and riverside what hilltop wrote too late."""
    riverside, hilltop, _ = play.cast.everybody()
    before = hilltop.export(play.evidence / "hilltop before history.ndjson", "--history")
    play.carry(riverside, hilltop, riverside)
    here, there = play.export_both("revoked history", "--history")
    mark = reference(play.papers.after_revocation)
    return [
        checks.unreadable_after_revocation(here, there, mark),
        checks.keeps_what_it_had(export_lines(before), there, hilltop.ask("quarantine", "list")),
    ]


def accept_the_late_record(play: Play) -> list[Check]:
    """What hilltop wrote too late waits at riverside until a person takes it in."""
    riverside = play.cast.riverside
    mark = reference(play.papers.late)
    waiting = riverside.ask("quarantine", "list")
    exported = export_lines(riverside.export(play.evidence / "riverside waiting.ndjson"))
    found = [checks.waits_in_quarantine(waiting, exported, mark)]
    for one in waiting:
        if mark in one["resources"]:
            play.narrator.tell("a late allergy from hilltop waits; a person looks and accepts it")
            riverside.run("quarantine", "accept", str(one["operation"]))
    waiting = riverside.ask("quarantine", "list")
    exported = export_lines(riverside.export(play.evidence / "riverside accepted.ndjson"))
    return [*found, checks.accepted_by_a_person(waiting, exported, play.papers.late)]


def look_over(play: Play) -> list[Check]:
    """Every node verifies what it stores, and the truck shows all that it can."""
    audits: list[dict[str, object]] = []

    def audit(actor: Actor) -> None:
        audits.append(actor.ask("audit", "verify"))

    together(play.processes, *(partial(audit, actor) for actor in play.cast.everybody()))
    truck = play.cast.truck
    truck.export(play.truck_export)
    play.truck_charts.extend(truck.ask("chart", "list"))
    play.narrator.tell("every signature, hash and link is checked again")
    return [checks.verified(audits)]


def search_disks(play: Play) -> list[Check]:
    """Look for the patients in all that the truck has, and try every key that hilltop has."""
    riverside, hilltop, truck = play.cast.everybody()
    writer, carrier, removed = (
        open_home_copy(one.home, one.passphrase) for one in (riverside, truck, hilltop)
    )
    opened = [content for _, content in opened_bodies(carrier.operations, carrier.keys)]
    told_to_all = files_in(play.chain.state.parent).items()
    places = files_in(truck.folder) | {
        **{f"the chain's {name}": content for name, content in told_to_all},
        "its database, decrypted": b"\n".join(carrier.values),
        "what its keys open": b"\n".join(opened),
    }
    exports = sorted(play.evidence.glob("*.ndjson"))
    words = telling_words(line for path in exports for line in export_lines(path))
    play.narrator.tell("every word of every record is sought in the truck's files, its database")
    play.narrator.tell("and what its keys open; every key of hilltop's is tried on what came after")
    return [
        checks.relay_reads_nothing(export_lines(play.truck_export), play.truck_charts, carrier),
        checks.relay_holds_no_words(search_for(words, places)),
        checks.keys_do_not_open(reference(play.papers.after_revocation), writer, carrier, removed),
    ]


def _make_home(actor: Actor, network: Path) -> None:
    actor.make_home("--kind", actor.kind, "--network", str(network))


def _write_card(actor: Actor) -> None:
    actor.run("id", "--card", str(actor.card))


def _pair(actor: Actor, actors: Sequence[Actor]) -> None:
    for other in actors:
        if other is not actor:
            actor.run("peer", "add", str(other.card))


def _about(worklist: Listed, resource: str) -> Mapping[str, Any]:
    """The conflict about a resource. Raises Unexpected."""
    for one in worklist:
        if one["resource"] == resource:
            return one
    raise Unexpected("a conflict that both clinics' edits make is on no worklist")


def _worklists(play: Play) -> tuple[Listed, Listed]:
    """Riverside's conflicts and hilltop's."""
    listed: dict[str, Listed] = {}

    def ask(actor: Actor) -> None:
        listed[actor.name] = actor.ask("conflicts", "list")

    actors = (play.cast.riverside, play.cast.hilltop)
    together(play.processes, *(partial(ask, actor) for actor in actors))
    return listed[actors[0].name], listed[actors[1].name]


def _learn_charts(play: Play) -> None:
    """Keep which chart is whose, as riverside's list of the registered shows it."""
    shown = {
        (one["name"], one["birth_date"]): str(one["chart"])
        for one in play.cast.riverside.ask("chart", "list")
    }
    for person in play.papers.registered:
        face = patient_face(person.patient)
        play.charts[person.id] = shown[face.name, face.birth_date]


def _add_records(play: Play, actor: Actor, papers: Path, people: Sequence[MadePatient]) -> None:
    """Put each paper in the chart of its person, as somebody at the chart would."""
    for paper, person in zip(sorted(papers.iterdir()), people, strict=True):
        actor.run("record", "add", play.charts[person.id], str(paper))
