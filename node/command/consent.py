"""`satchel consent`: policies, grants that are anchored, and requests for access."""

from node.command.consent_acts import grant, list_consents, policy, revoke
from node.command.consent_requests import approve, decline, request, requests
from node.command.shape import group

consent = group(
    "consent",
    help="Who may read a chart because the patient says so.",
    example="satchel consent list 5kq3zr\n"
    "satchel consent request CHART --from hilltop\nsatchel consent requests",
)

for each in (policy, grant, revoke, list_consents, request, requests, approve, decline):
    consent.add_command(each)
