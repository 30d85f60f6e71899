"""Who pays for what is sent: a development chain's account, the organisation's key, or a key file.

What is sent is signed by its owner already, so who pays decides nothing but the bill. A payer with
a key signs here (EIP-1559, EIP-2718), so that a transaction is known before it is sent.
"""

from dataclasses import dataclass, field
from typing import Final

from coincurve import PrivateKey

from node.registry.chain import Chain, Transaction
from node.registry.errors import CannotPay
from node.registry.keccak import keccak
from node.registry.network import Network
from sync.identifiers import ethereum_address

SECRET_SIZE_BYTES: Final = 32
_TYPE: Final = b"\x02"
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True)
class Payer:
    """An account that pays."""

    address: bytes
    """20 bytes."""
    kind: str
    """For a person: `development account`, `organisation` or `key file`."""
    secret: bytes | None = field(default=None, repr=False)
    """32 bytes; None where the chain signs for the account."""

    def sign(self, transaction: Transaction, chain_id: int, fees: "Fees") -> tuple[bytes, bytes]:
        """A signed transaction and its hash; its number and gas are filled in already."""
        import rlp  # type: ignore[import-untyped]  # it has no types

        if self.secret is None or transaction.nonce is None or transaction.gas is None:
            raise ValueError("a transaction is signed with a key, a number and its gas")
        fields = [
            chain_id,
            transaction.nonce,
            fees.tip,
            fees.most,
            transaction.gas,
            transaction.to,
            0,
            transaction.calldata,
            [],
        ]
        digest = keccak(_TYPE + rlp.encode(fields))
        signature = PrivateKey(self.secret).sign_recoverable(digest, hasher=None)
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
        raw = _TYPE + rlp.encode([*fields, signature[64], r, s])
        return raw, keccak(raw)


@dataclass(frozen=True)
class Fees:
    """What a unit of gas may cost, in wei."""

    usual: int
    """What it costs now, tip included."""
    tip: int

    @property
    def most(self) -> int:
        """What is offered at most: the price may double before the transaction is mined."""
        return 2 * self.usual


def ask_fees(chain: Chain) -> Fees:
    """What gas costs now."""
    usual = chain.gas_price()
    return Fees(usual, min(chain.tip(), usual))


def choose_payer(
    chain: Chain, network: Network, organisation_secret: bytes, payer_secret: bytes | None
) -> Payer:
    """The key that was named; on a development chain one of its accounts; else the organisation.

    Raises CannotPay.
    """
    if payer_secret is not None:
        return Payer(address_of(payer_secret), "key file", payer_secret)
    organisation = address_of(organisation_secret)
    if network.development and (accounts := chain.accounts()):
        # Nodes that share a development chain seldom share an account, and so its numbers.
        place = int.from_bytes(keccak(organisation)[:8]) % len(accounts)
        return Payer(accounts[place], "development account")
    if chain.balance(organisation) == 0:
        raise CannotPay("this organisation's address has no money there")
    return Payer(organisation, "organisation", organisation_secret)


def address_of(secret: bytes) -> bytes:
    """The 20-byte address of a secp256k1 secret."""
    return ethereum_address(PrivateKey(secret).public_key.format(compressed=False))


def parse_payer_key(text: str) -> bytes:
    """The secret of a key file: 64 hexadecimal digits, with or without 0x. Raises CannotPay."""
    digits = text.strip().removeprefix("0x")
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        secret = b""
    if len(digits) != 2 * len(secret) or not 0 < int.from_bytes(secret) < _ORDER:
        raise CannotPay("the key file is not 64 hexadecimal digits of a key")
    if len(secret) != SECRET_SIZE_BYTES:
        raise CannotPay("the key file is not 64 hexadecimal digits of a key")
    return secret
