"""`satchel audit`: checks what is stored."""

from node.client import calls
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import cell, plural, print_json, print_line, print_wrapped, wants_json
from node.exits import ExitCode

audit = group("audit", help="Check everything that is stored.", example="satchel audit verify")


@audit.command("verify", example="satchel audit verify")
def verify() -> int:
    """Check every signature, hash and link; exits with 10 where one does not hold."""
    with node() as reach, progress_bar("verify") as progress:
        found = reach.ask(calls.audit_verify(), progress)
    if wants_json():
        print_json(found)
    else:
        holds = "verified" if found["ok"] else "looked at"
        print_line(
            f"{plural(found['operations'], 'operation')} in "
            f"{plural(found['charts'], 'chart')} {holds}"
        )
        for finding in found["findings"]:
            print_wrapped(cell(finding))
    return ExitCode.ALL_TAKEN if found["ok"] else ExitCode.INTEGRITY
