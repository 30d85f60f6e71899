"""`satchel consent`: policies, grants that are anchored, and requests for access."""

from node.command.consent_requests import approve, decline, request, requests
from node.command.shape import group

consent = group(
    "consent",
    help="Policies, and who asks for access.",
    example="satchel consent request CHART --from hilltop\nsatchel consent requests",
)

for each in (request, requests, approve, decline):
    consent.add_command(each)
