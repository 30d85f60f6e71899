"""`satchel device`: several devices of one organisation, of which one holds its key."""

from pathlib import Path

import click

from node.client import devices_calls
from node.command.files import read_text, write_file
from node.command.reaching import home_path, node, passphrase
from node.command.shape import group
from node.command.telling import (
    cell,
    note,
    plural,
    print_json,
    print_line,
    print_table,
    wants_json,
)

_FILE_LENGTH_CHARS_MAX = 256 * 1024

device = group(
    "device",
    help="Take further devices into the organisation.",
    example="satchel device request riverside --out tablet.request\n"
    "satchel device add tablet.request --out tablet.answer",
)


@device.command("request", example="satchel device request riverside --out tablet.request")
@click.argument("peer")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Where to."
)
def request(peer: str, out: Path) -> None:
    """Ask to become a device of the organisation of PEER, a paired node.

    Carry the file there. It holds no secret; it says that this device will belong to that
    organisation, which can end it from then on.
    """
    with node() as reach:
        result = reach.ask(devices_calls.device_request(peer))
    write_file(out, str(result["request"]).encode() + b"\n")
    if wants_json():
        print_json({key: result[key] for key in ("organisation", "device")})
    elif str(out) != "-":
        note(f"carry {out} to the device that holds the key of {result['organisation']}")


@device.command("add", example="satchel device add tablet.request --out tablet.answer")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Where to."
)
def add(file: Path, out: Path) -> None:
    """Take the device that wrote FILE into this organisation.

    It will read and write what this organisation does, and does not get the organisation's key.
    Carry the answer back: only that device can open it.
    """
    text = read_text(file, _FILE_LENGTH_CHARS_MAX)
    with node() as reach:
        result = reach.ask(devices_calls.device_add(text))
    write_file(out, str(result["answer"]).encode() + b"\n")
    if wants_json():
        print_json({key: result[key] for key in ("device", "name", "organisation", "charts")})
    elif str(out) != "-":
        print_line(f"{cell(result['name'])} is taken into {plural(result['charts'], 'chart')}")
        note(f"carry {out} to it, and run `satchel device join` there")


@device.command("join", example="satchel device join tablet.answer")
@click.argument("file", type=click.Path(path_type=Path))
def join(file: Path) -> None:
    """Become a device of the organisation that wrote FILE, the answer to this device's request.

    No node may run here meanwhile, and the node has no charts of its own yet. The organisation's
    recovery words count from then on, and those of this node's `init` no more.
    """
    from node.application.organisation.joining_organisation import join_organisation
    from node.home.creation import open_home
    from node.home.guard import explained
    from node.home.lock import take_lock

    text = read_text(file, _FILE_LENGTH_CHARS_MAX)
    home = open_home(home_path())
    with take_lock(home), explained(home):
        result = join_organisation(home, passphrase().read(), text)
    if wants_json():
        print_json(result)
        return
    print_line(f"this device is one of {result['devices']} of {result['organisation']}")
    note("pair anew where it was paired before: its card says so from now on")


@device.command("remove", example="satchel device remove tablet")
@click.argument("name")
def remove(name: str) -> None:
    """Leave NAME out of every chart that is opened from now on.

    What it may read and write already it keeps until it is revoked on the registry's chain
    (`satchel credential revoke`). The groups get new keys: add every other device again.
    """
    with node() as reach:
        result = reach.ask(devices_calls.device_remove(name))
    if wants_json():
        print_json(result)
        return
    print_line(f"{cell(result['name'])} is left out of charts that are opened from now on")
    note("what it may do already ends with `satchel credential revoke --device NAME`")
    for other in result["need_keys"]:
        note(f"{cell(other)} needs the new keys: `satchel device add` its request again")


@device.command("list", example="satchel device list")
def list_devices() -> None:
    """List the devices of this organisation."""
    with node() as reach:
        found = reach.ask(devices_calls.device_list())
    if wants_json():
        print_json(found)
        return
    print_table(("name", "device"), [(one["name"], one["device"]) for one in found], flexible=0)
