"""`satchel version`: which satchel this is."""

from importlib.metadata import version as installed_version

from node.command.shape import command
from node.command.telling import print_json, print_line, wants_json


@command("version", example="satchel version")
def version() -> None:
    """Print the version."""
    found = installed_version("satchel")
    if wants_json():
        print_json({"version": found})
    else:
        print_line(f"satchel {found}")
