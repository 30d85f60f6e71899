"""Makes the secrets of a new node; called by `init`."""

from dataclasses import replace

from node.keystore.recovery import ENTROPY_SIZE_BYTES, root_from_entropy, words_from_entropy
from node.keystore.secrets import GROUP_NAMES, NodeKind, Secrets
from node.keystore.succession import Succession, draw_secret
from node.randomness import Randomness


def make_secrets(
    name: str, kind: NodeKind, randomness: Randomness
) -> tuple[Secrets, tuple[str, ...]]:
    """Draw every key of a new node, and the recovery words that are shown once and kept nowhere.

    Raises ValueError for a name that is empty, too long or not printable.
    """
    entropy = randomness(ENTROPY_SIZE_BYTES)
    secrets = Secrets(
        name=name,
        kind=kind,
        device_seed=randomness(32),
        device_sealing_secret=randomness(32),
        organisation_secret=draw_secret(randomness),
        owner_seed=randomness(32),
        store_key=randomness(32),
        group_secrets={(group, 0): randomness(32) for group in GROUP_NAMES},
        root=root_from_entropy(entropy).public,
    )
    succession = Succession.begin(secrets.organisation_secret, randomness, 0, None)
    return replace(secrets, succession=succession), words_from_entropy(entropy)
