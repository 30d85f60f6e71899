"""Documents written through our DIDRegistry: npm's ethr-did-resolver and ours read them alike.

What "alike" means: the same JSON value, order included, but for two things. npm shows what is valid
until a second in that second too, so what it is asked about lies in blocks in which nothing ends;
and it keeps a reference to a revoked `enc` key under keyAgreement, which is left out of its answer.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from anvil import Anvil, running_anvil
from coincurve import PrivateKey
from eth_abi.abi import encode as encode_abi
from npm_resolver import resolve_by_npm

from contracts.keccak import keccak
from contracts.loader import Name
from contracts.slots import nonce_slot
from contracts.typed_data import address_of
from node.registry.chain import Chain, Tag
from node.registry.deploying import Deployment, Plan
from node.registry.did import EthrDid, checksummed, parse_did
from node.registry.http_provider import HttpProvider
from node.registry.network import Network
from node.registry.payer import Payer
from node.registry.resolving import resolve_ethr
from node.registry.signers import SignerSet
from sync.signing import Signer

CHAIN_ID = 31337
SECRETS = [keccak(b"owner" + bytes([number])) for number in range(4)]
PUBLIC = PrivateKey(SECRETS[0]).public_key.format().hex()
NAMES = [
    *("did/pub/Secp256k1/veriKey/hex", "did/pub/Ed25519/veriKey/base64", "did/pub/Ed25519/enc"),
    *("did/pub/X25519/enc/base58", "did/pub/X25519/enc/base64", "did/pub/Secp256k1/sigAuth"),
    *("did/pub/RSA/veriKey/pem", "did/pub/Ed25519", "did/pub/Secp256k1/veriKey/other"),
    *("did/svc/HubService", "did/svc/Files", "other/thing", "did/pub/a/b/c/d", "did/svc/"),
]
VALUES = [
    *(b"\x02" + b"k" * 32, b"\0\0leading", b"https://hub.example/", b"-----BEGIN KEY-----"),
    *(b'{"uri": "https://x", "n": [1, 2]}', b"\xff\xfe", b"", "ключ".encode()),
]
KINDS = [b"veriKey", b"sigAuth", b"enc", b"\xff\xff", b""]


class Registry:
    """Our DIDRegistry on an anvil, and who owns what there."""

    def __init__(self, anvil: Anvil) -> None:
        self.anvil = anvil
        self.provider = HttpProvider(anvil.url)
        self.chain = Chain(self.provider, "anvil")
        self.payer = bytes.fromhex(anvil.ask("eth_accounts")[1][2:])
        self.network: Network = Deployment(
            self.provider,
            self.chain,
            Payer(self.payer, "development account"),
            keccak(b"deployer"),
            pause=lambda _seconds: None,
            told=lambda _what: None,
        ).run(Plan("anvil", (self.payer,), 1, SignerSet((Signer(b"s" * 32).public,), 1), True, ()))
        self.address = self.network.contracts[Name.DID].address
        self.nonces: dict[bytes, int] = {}

    def write(self, owner: bytes, identity: bytes, function: str, *arguments: Any) -> None:
        """One signed act of an identity's owner, relayed by somebody else."""
        signer = address_of(owner)
        kinds = function[function.index("(") + 1 : -1].split(",")
        bare = function[: function.index("(")]
        said = b"".join(_packed(kind, value) for kind, value in zip(kinds, arguments, strict=True))
        nonce = self.nonces.get(signer, 0)
        digest = keccak(
            b"\x19\x00" + self.address + nonce.to_bytes(32) + identity + bare.encode() + said
        )
        signature = PrivateKey(owner).sign_recoverable(digest, hasher=None)
        v, r, s = signature[64] + 27, signature[:32], signature[32:64]
        whole = f"{bare}Signed(address,uint8,bytes32,bytes32,{','.join(kinds)})"
        call = keccak(whole.encode())[:4] + encode_abi(
            ["address", "uint8", "bytes32", "bytes32", *kinds], [identity, v, r, s, *arguments]
        )
        sent = self.anvil.ask(
            "eth_sendTransaction",
            {
                "from": "0x" + self.payer.hex(),
                "to": "0x" + self.address.hex(),
                "data": "0x" + call.hex(),
                "gas": hex(300_000),
            },
        )
        assert isinstance(sent, str), sent
        self.nonces[signer] = nonce + 1

    def together(self, seconds: int) -> int:
        """Mine what was sent as one block, then an empty one 2 s later, whose number it gives."""
        if seconds:
            self.anvil.ask("evm_increaseTime", seconds)
        self.anvil.ask("evm_mine")
        self.anvil.ask("evm_increaseTime", 2)
        self.anvil.ask("evm_mine")
        return self.chain.header(Tag.LATEST).number

    def ours(self, did: str, clock_seconds: int = 0) -> dict[str, Any]:
        parsed = parse_did(did)
        assert isinstance(parsed, EthrDid)
        found = resolve_ethr(self.chain, self.network, parsed, clock_seconds)
        return {"document": found.document, "metadata": found.metadata}

    def npms(self, dids: list[str]) -> list[dict[str, Any]]:
        found = resolve_by_npm(self.anvil.url, self.address, CHAIN_ID, dids)
        return [
            {
                "document": _without_dangling(one["didDocument"]),
                "metadata": one["didDocumentMetadata"],
            }
            for one in found
        ]


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with running_anvil(chain_id=CHAIN_ID) as anvil:
        found = Registry(anvil)
        anvil.ask("evm_setAutomine", False)
        yield found
        found.provider.close()


def _packed(kind: str, value: Any) -> bytes:
    if kind == "uint256":
        return int(value).to_bytes(32)
    return bytes(value)


def _without_dangling(document: dict[str, Any]) -> dict[str, Any]:
    methods = {method["id"] for method in document["verificationMethod"]}
    kept = [one for one in document.get("keyAgreement", []) if one in methods]
    found = {key: value for key, value in document.items() if key != "keyAgreement"}
    return {**found, "keyAgreement": kept} if kept else found


def history(registry: Registry, seed: int, secrets: list[bytes], acts: int) -> list[int]:
    """Random acts of an identity's owners, several in a block; returns quiet blocks between."""
    draw = random.Random(seed)
    identity = address_of(secrets[0])
    owner, quiet = secrets[0], []
    said: list[tuple[bytes, bytes]] = []
    delegated: list[tuple[bytes, bytes]] = []
    while acts > 0:
        for _ in range(draw.randint(1, 4)):
            acts -= 1
            validity = draw.choice([0, 100, 100_000, 10**9])
            kind = draw.choice("aaaAddDDo")
            if kind == "a":
                name = draw.choice(NAMES).encode().ljust(32, b"\0")
                said.append((name, draw.choice(VALUES)))
                function = "setAttribute(bytes32,bytes,uint256)"
                registry.write(owner, identity, function, *said[-1], validity)
            elif kind == "A" and said:
                function = "revokeAttribute(bytes32,bytes)"
                registry.write(owner, identity, function, *draw.choice(said))
            elif kind == "d":
                who = draw.randbytes(20) if draw.random() < 0.7 else address_of(SECRETS[1])
                delegated.append((draw.choice(KINDS).ljust(32, b"\0"), who))
                function = "addDelegate(bytes32,address,uint256)"
                registry.write(owner, identity, function, *delegated[-1], validity)
            elif kind == "D" and delegated:
                function = "revokeDelegate(bytes32,address)"
                registry.write(owner, identity, function, *draw.choice(delegated))
            elif kind == "o":
                new = draw.choice(secrets)
                registry.write(owner, identity, "changeOwner(address)", address_of(new))
                owner = new
        quiet.append(registry.together(draw.choice([0, 7, 150, 60_000])))
    registry.write(owner, identity, "changeOwner(address)", bytes(20))
    quiet.append(registry.together(5))
    return quiet


def test_random_histories_are_read_alike_at_every_block(registry: Registry) -> None:
    asked: list[str] = []
    for seed in range(2):
        secrets = [keccak(bytes([seed]) + secret) for secret in SECRETS]
        blocks = history(registry, seed, secrets, acts=22)
        address = checksummed(address_of(secrets[0]))
        public = PrivateKey(secrets[0]).public_key.format().hex()
        names = (f"0x{address_of(secrets[0]).hex()}", f"0x7a69:{address}", f"0x{public}")
        asked += [
            f"did:ethr:{names[place % 3]}?versionId={block}" for place, block in enumerate(blocks)
        ]
    theirs = registry.npms(asked)

    assert len(asked) > 12
    seen = str(theirs)
    assert all(word in seen for word in ("service", "keyAgreement", "deactivated", "controllerKey"))
    for did, expected in zip(asked, theirs, strict=True):
        assert registry.ours(did) == expected, did


def test_an_identity_that_nobody_wrote_about_is_read_alike(registry: Registry) -> None:
    did = f"did:ethr:0x{PUBLIC}"
    assert registry.ours(did) == registry.npms([did])[0]


def test_a_revocation_counts_in_its_own_block_here_and_a_second_later_there(
    registry: Registry,
) -> None:
    owner = keccak(b"somebody else")
    identity, delegate = address_of(owner), address_of(SECRETS[1])
    kind = b"sigAuth".ljust(32, b"\0")
    registry.write(owner, identity, "addDelegate(bytes32,address,uint256)", kind, delegate, 10**9)
    registry.together(0)
    registry.write(owner, identity, "revokeDelegate(bytes32,address)", kind, delegate)
    revoked_in = registry.together(0) - 1
    did = f"did:ethr:0x{identity.hex()}?versionId="

    (npm_then, npm_later) = registry.npms([f"{did}{revoked_in}", f"{did}{revoked_in + 1}"])
    ours = registry.ours(f"{did}{revoked_in}")
    assert len(npm_then["document"]["authentication"]) == 2
    assert len(ours["document"]["authentication"]) == 1
    assert ours["document"] == npm_later["document"]


def test_who_signs_for_an_identity_is_counted_by_the_contract(registry: Registry) -> None:
    header = registry.chain.header(Tag.LATEST)
    for signer, nonce in registry.nonces.items():
        slot = nonce_slot(signer)
        assert registry.chain.words(header, registry.address, None, [slot])[slot] == nonce
