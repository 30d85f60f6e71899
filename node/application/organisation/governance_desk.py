"""What an organisation says of itself and others: keys, credentials, the council's decisions.

A part of the node, which the API calls in worker threads; each act takes the node's turn.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from node.application.access.affiliations import (
    organisations_of_device,
    organisations_of_practitioner,
)
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import RecoveryWordsDiffer
from node.application.organisation import council, credentials, organisations, rotating
from node.application.progress import Progress, quiet
from node.keystore.keystore import Keystore
from node.keystore.recovery import Root, entropy_from_words, root_from_entropy
from sync.identifiers import (
    ChartId,
    DeviceKey,
    OrganisationAddress,
    did_key,
    parse_chart_text,
)

Result = dict[str, object]


class GovernanceDesk:
    """An organisation's keys, accreditation, credentials, and seat on the council."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        keystore: Keystore,
        turn: AbstractContextManager[object],
    ) -> None:
        """Work in the node's turn, and remember the roster statement that this version makes."""
        self._context = context
        self._charts = charts
        self._keystore = keystore
        self._turn = turn
        rotating.note_statement(context)

    # -- organisations

    def rotate(self, recovery: Sequence[str] | None, progress: Progress = quiet) -> Result:
        """Take the organisation's next key into use."""
        with self._turn:
            root = self._root(recovery)
            network = organisations.network_of(self._context)
            told = rotating.rotate(
                self._context, self._charts, self._keystore, network, root, progress
            )
            self._audit(f"rotate {told['state']}")
            for chart in _texts(told["charts"]):
                self._audit("rotate", parse_chart_text(chart))
            return told

    def show(self, who: str) -> Result:
        """What is held of an organisation's accreditation."""
        with self._turn:
            return organisations.show_organisation(self._context, who)

    # -- credentials

    def issue(
        self,
        *,
        devices: Sequence[str],
        practitioners: Sequence[str],
        own: bool,
        until: str | None,
    ) -> Result:
        """Issue credentials of this organisation."""
        with self._turn:
            found, people = credentials.wanted_keys(self._context, devices, practitioners, own=own)
            told = credentials.issue_credentials(self._context, found, people, until)
            self._audit("credential issue")
            return told

    def revoke(
        self, *, devices: Sequence[str], practitioners: Sequence[str], own: bool, confirmed: bool
    ) -> Result:
        """Revoke credentials for ever; without `confirmed` only say what would follow."""
        with self._turn:
            found, people = credentials.wanted_keys(self._context, devices, practitioners, own=own)
            keys = [*found, *people]
            if not confirmed:
                organisations.shared_registry(self._context)
                return {
                    "keys": [did_key(key) for key in keys],
                    "follows": credentials.consequences(self._context, keys),
                }
            told = credentials.revoke_credentials(self._context, keys)
            self._audit("credential revoke")
            return told

    def check(self, who: str, issuer: str | None) -> Result:
        """What is held of a credential; by this organisation, or the peer's own."""
        with self._turn:
            context = self._context
            key = organisations.key_of(context, who)
            if issuer is not None:
                organisation = organisations.organisation_of(context, issuer)
            elif who == "self" or key == context.identity.device or who.startswith("did:"):
                organisation = self._issuer_of(key)
            else:
                organisation = organisations.organisation_of(context, who)
            return organisations.check_credential(context, key, organisation)

    def _issuer_of(self, key: DeviceKey) -> OrganisationAddress:
        """Whose a key is: by its card, or by what rosters of charts say; else this one's."""
        peer = self._context.store.peers.of_device(key)
        if peer is not None:
            return peer.organisation
        known = organisations_of_device(self._context, key) or organisations_of_practitioner(
            self._context, key
        )
        return min(known, default=self._context.identity.organisation)

    # -- the council

    def propose(
        self, actions: Sequence[str], until: str | None, *, sign: bool, network: str | None
    ) -> Result:
        """A proposal; `sign` puts this organisation's signature on it.

        `network` is a network file's text, for a home that was made without one.
        """
        with self._turn:
            ground = council.ground_of(self._context, network)
            proposal = council.propose(self._context, ground, actions, until)
            if sign and council.has_seat(self._context, ground):
                proposal = council.sign_proposal(self._context, ground, proposal)
                self._audit("council sign")
            return council.describe(self._context, ground, proposal)

    def look(self, text: str, network: str | None) -> Result:
        """What a proposal does, who signed it, what is missing; it is kept for `council list`."""
        with self._turn:
            ground = council.ground_of(self._context, network)
            proposal = council.read_proposal(self._context, ground, text)
            council.keep(self._context, ground, proposal)
            return council.describe(self._context, ground, proposal)

    def sign(self, text: str, network: str | None) -> Result:
        """Sign a proposal as this organisation."""
        with self._turn:
            ground = council.ground_of(self._context, network)
            proposal = council.read_proposal(self._context, ground, text)
            signed = council.sign_proposal(self._context, ground, proposal)
            self._audit("council sign")
            return council.describe(self._context, ground, signed)

    def execute(self, text: str) -> Result:
        """Queue a proposal with enough signatures as one transaction."""
        with self._turn:
            ground = council.ground_of(self._context)
            proposal = council.read_proposal(self._context, ground, text)
            number = council.execute(self._context, ground, proposal)
            self._audit("council execute")
            return council.describe(self._context, ground, proposal) | {"queued": [number]}

    def proposals(self) -> list[Result]:
        """Every proposal that this home knows."""
        with self._turn:
            return council.list_proposals(self._context)

    def _root(self, recovery: Sequence[str] | None) -> Root | None:
        if recovery is None:
            return None
        root = root_from_entropy(entropy_from_words(recovery))
        if root.public != self._keystore.secrets.root:
            raise RecoveryWordsDiffer
        return root

    def _audit(self, kind: str, chart: ChartId | None = None) -> None:
        with self._context.store.transaction():
            self._context.store.audit.append(
                kind, chart, self._context.identity.owner.public, self._context.clock()
            )


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
