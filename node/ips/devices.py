"""Medical devices: what is used or implanted, by statements of use or by itself."""

from typing import Final

from node.ips.codes import DEVICES
from node.ips.holdings import Holdings
from node.ips.listing import (
    Judgement,
    Place,
    Section,
    left_out,
    rows_table,
    says_nothing,
    sorted_out,
)
from node.ips.statement import Key, Resource, Statement
from node.ips.wording import choice, codes, concept, day, member, newest, notes, objects, plain

_HEADINGS: Final = ("Device", "Site", "Status", "Since", "Number", "Notes")
_ENDED: Final = frozenset({"completed", "inactive", "stopped", "entered-in-error"})


def judge(document: Resource) -> Judgement:
    """Listed unless its use has ended, or it was entered in error."""
    for status in sorted(codes(document.get("status")) & _ENDED):
        return Judgement(Place.LEFT_OUT, status.replace("-", " "))
    if says_nothing(document, "type"):
        return Judgement(Place.LEFT_OUT, "saying that nothing is known")
    return Judgement(Place.ACTIVE, "in use")


def devices(statements: list[Statement], holdings: Holdings) -> Section:
    """The section; a device that a statement of use speaks of is listed by that statement."""
    section = Section(DEVICES)
    words = _Words(holdings)
    told = {words.device_key(one) for one in statements if one.key.type == "DeviceUseStatement"}
    own = [one for one in statements if one.key.type != "Device" or one.key not in told]
    listed, _, counts = sorted_out(own, judge)
    if listed:
        ordered = sorted(listed, key=words.order)
        ordered.sort(key=_when, reverse=True)
        section.parts.append(rows_table("", _HEADINGS, ordered, words.cells))
        section.entries = ordered
    else:
        section.say("No information is recorded. This does not say that there is none.")
    counted = left_out(counts, "device", "devices")
    if counted:
        section.say(counted)
    return section


class _Words:
    """A device in words; a statement of use names it by a reference."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def device_key(self, statement: Statement) -> Key | None:
        """The device that a statement of use speaks of, where it is held."""
        reference = member(statement.document.get("device"), "reference")
        held = self._holdings.follow(statement.key.source, reference)
        return None if held is None else held.key

    def cells(self, statement: Statement, document: Resource) -> tuple[str, ...]:
        reference = document.get("device")
        held = self._holdings.target(statement.key.source, reference, document)
        device = document if statement.key.type == "Device" else held or {}
        named = _named(device) or plain(member(reference, "display"))
        return (
            named or "device not named",
            concept(document.get("bodySite")),
            plain(document.get("status")).replace("-", " ") or "status not said",
            choice(document, "timing") or day(document.get("recordedOn")) or _made(device),
            plain(device.get("serialNumber")) or plain(device.get("distinctIdentifier")),
            notes(document),
        )

    def order(self, statement: Statement) -> tuple[object, ...]:
        return self.cells(statement, statement.document)[0].lower(), statement.key


def _named(device: Resource) -> str:
    names = (plain(each.get("name")) for each in objects(device.get("deviceName")))
    return concept(device.get("type")) or ", ".join(filter(None, names))


def _made(device: Resource) -> str:
    made = day(device.get("manufactureDate"))
    return f"made {made}" if made else ""


def _when(statement: Statement) -> str:
    return newest(statement.document, "timing", "recordedOn", "manufactureDate")
