"""`satchel doctor`: what is amiss with this node."""

from node.client import calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, print_json, print_line, print_wrapped, wants_json
from node.exits import ExitCode


@command("doctor", example="satchel doctor")
def doctor() -> int:
    """Say what is amiss, and what to do about it; exits with 10 where something is broken."""
    with node() as reach:
        found = reach.ask(calls.doctor())
    if wants_json():
        print_json(found)
    else:
        for finding in found["findings"]:
            print_wrapped(f"{cell(finding['level'])}: {cell(finding['what'])}")
            if finding["hint"]:
                print_wrapped(cell(finding["hint"]), "  ")
        print_line("in order" if found["ok"] else "not in order")
    return ExitCode.ALL_TAKEN if found["ok"] else ExitCode.INTEGRITY
