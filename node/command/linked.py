"""What `satchel chart show` says of linked charts: who they are, their allergies, all of them."""

from typing import Any

from node.command.telling import cell, print_line, print_table, print_wrapped, short


def show_linked_head(linked: list[dict[str, Any]]) -> None:
    """Above everything else: that there are other charts of this person, and their allergies."""
    for one in linked:
        disputed = " (disputed)" if one["disputed"] else ""
        if one["chart"] is None:
            print_wrapped(f"! linked with a chart that is not here{disputed}")
            continue
        said = [short(one["chart"]), cell(one["name"]), cell(one["birth_date"])]
        print_wrapped(f"! linked with {', '.join(part for part in said if part)}{disputed}")
        for allergy in one["allergies"]:
            labels = f" [{cell(allergy['labels'])}]" if allergy["labels"] else ""
            criticality = f", {cell(allergy['criticality'])}" if allergy["criticality"] else ""
            substance = cell(allergy["substance"]) or cell(allergy["resource"])
            print_wrapped(f"! allergy there: {substance}{criticality}{labels}")


def show_linked_resources(one: dict[str, Any]) -> None:
    """All that a linked chart says, with which chart it came from."""
    if not one.get("resources"):
        return
    print_line()
    print_line(f"from linked chart {short(one['chart'])}")
    print_table(
        ("lane", "resource", "versions", "labels"),
        [
            (each["lane"], f"{each['type']}/{each['id']}", each["versions"], each["labels"])
            for each in one["resources"]
        ],
        flexible=1,
    )
