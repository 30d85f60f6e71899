# pragma version 0.4.3
# pragma evm-version shanghai
# SPDX-License-Identifier: Apache-2.0
"""
@title ConsentRegistry
@license Apache-2.0
@author Satchel
@notice Consents and standing policies as salted commitments, tags of broken glass, and roots of audit
    logs. Who reads it learns that something was consented to or revoked, and when; not by whom, to
    whom or about what. There is no owner and no upgrade.
@dev A consent's owner is a pseudonym made for it alone: an address that holds nothing and sends
    nothing, so anybody relays and pays. No event and no stored word names it; it is in calldata.
    Times are seconds since 1970.
"""

interface Accreditation:
    def organisations(organisation: address) -> uint256: view


struct Item:
    owner: address
    commitment: bytes32
    deadline: uint256
    v: uint8
    r: bytes32
    s: bytes32


event Granted:
    id: indexed(bytes32)

event Revoked:
    id: indexed(bytes32)

event Glass:
    publisher: indexed(address)
    tag: bytes32
    head: bytes32

event Anchored:
    publisher: indexed(address)
    root: bytes32
    head: bytes32


ITEMS_MAX: constant(uint256) = 32

LIVE: constant(uint256) = 1
REVOKED: constant(uint256) = 2
MASK_48: constant(uint256) = 2**48 - 1
MASK_64: constant(uint256) = 2**64 - 1
ACCREDITED: constant(uint256) = 1

S_MAX: constant(bytes32) = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

DOMAIN_TYPEHASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME_HASH: constant(bytes32) = keccak256("Satchel Consent")
VERSION_HASH: constant(bytes32) = keccak256("1")
GRANT_TYPEHASH: constant(bytes32) = keccak256(
    "Grant(address owner,bytes32 commitment,uint256 deadline)"
)
REVOKE_TYPEHASH: constant(bytes32) = keccak256(
    "Revoke(address owner,bytes32 commitment,uint256 deadline)"
)
POLICY_TYPEHASH: constant(bytes32) = keccak256(
    "Policy(uint256 roles,uint256 minimumAge,bytes32 salt)"
)
GLASS_TYPEHASH: constant(bytes32) = keccak256(
    "Glass(address publisher,bytes32 previous,bytes32[] tags,uint256 deadline)"
)
ANCHOR_TYPEHASH: constant(bytes32) = keccak256(
    "Anchor(address publisher,bytes32 previous,bytes32 root,uint256 deadline)"
)

# @notice The Accreditation that policies are judged by.
ACCREDITATION: public(immutable(address))

# @notice keccak256(abi_encode(owner, commitment)) -> bits 0-7 state (0 empty, 1 live, 2 revoked),
#     8-55 granted at, 56-103 revoked at.
commitments: public(HashMap[bytes32, uint256])

# @notice The head of a publisher's chain of tags: keccak256(previous head ‖ tag), zero at first.
glass: public(HashMap[address, bytes32])

# @notice The head of a publisher's chain of audit roots: keccak256(previous head ‖ root).
anchors: public(HashMap[address, bytes32])


@deploy
def __init__(accreditation: address):
    """
    @notice Bind policies to an Accreditation.
    @param accreditation Its address.
    """
    ACCREDITATION = accreditation


@external
def grant(
    owner: address, commitment: bytes32, deadline: uint256, v: uint8, r: bytes32, s: bytes32
):
    """
    @notice Make a commitment live, once. Signed by its owner, relayed by anybody.
    @dev The owner is part of the id: who sees a commitment in the mempool can only relay it.
    @param owner The pseudonym that signed.
    @param commitment A salted hash of what is consented to.
    @param deadline The last second in which this may be relayed.
    @param v The EIP-712 signature's recovery value, 27 or 28.
    @param r The signature's r.
    @param s The signature's s.
    """
    item: Item = Item(owner=owner, commitment=commitment, deadline=deadline, v=v, r=r, s=s)
    assert self._signed(item, GRANT_TYPEHASH, self._domain()), "not signed by its owner in time"
    assert self._grant(self._id(owner, commitment)), "not empty"


@external
def grantBatch(items: DynArray[Item, ITEMS_MAX]) -> uint256:
    """
    @notice Make several commitments live. Items that cannot be applied are skipped.
    @param items What `grant` takes, several times.
    @return How many became live.
    """
    domain: bytes32 = self._domain()
    count: uint256 = 0
    for item: Item in items:
        if self._signed(item, GRANT_TYPEHASH, domain):
            if self._grant(self._id(item.owner, item.commitment)):
                count += 1
    return count


@external
def revoke(
    owner: address, commitment: bytes32, deadline: uint256, v: uint8, r: bytes32, s: bytes32
):
    """
    @notice Revoke a commitment for ever, granted or not. Signed by its owner, relayed by anybody.
    @param owner The pseudonym that signed.
    @param commitment The commitment.
    @param deadline The last second in which this may be relayed.
    @param v The EIP-712 signature's recovery value, 27 or 28.
    @param r The signature's r.
    @param s The signature's s.
    """
    item: Item = Item(owner=owner, commitment=commitment, deadline=deadline, v=v, r=r, s=s)
    assert self._signed(item, REVOKE_TYPEHASH, self._domain()), "not signed by its owner in time"
    assert self._revoke(self._id(owner, commitment)), "revoked already"


@external
def revokeBatch(items: DynArray[Item, ITEMS_MAX]) -> uint256:
    """
    @notice Revoke several commitments for ever. Items that cannot be applied are skipped.
    @param items What `revoke` takes, several times.
    @return How many were revoked.
    """
    domain: bytes32 = self._domain()
    count: uint256 = 0
    for item: Item in items:
        if self._signed(item, REVOKE_TYPEHASH, domain):
            if self._revoke(self._id(item.owner, item.commitment)):
                count += 1
    return count


@external
@view
def policyAllows(
    owner: address, roles: uint256, minimumAge: uint256, salt: bytes32, organisation: address
) -> bool:
    """
    @notice Open a standing policy and judge an organisation by it, now.
    @dev The policy is a commitment like any other: keccak256(abi_encode(POLICY_TYPEHASH, roles,
        minimumAge, salt)).
    @param owner The pseudonym that granted it.
    @param roles Any of these roles will do.
    @param minimumAge For how many seconds the organisation must have been accredited.
    @param salt What made the commitment unlike others.
    @param organisation Who asks.
    @return True if the policy is live and the organisation is accredited so.
    """
    policy: bytes32 = keccak256(abi_encode(POLICY_TYPEHASH, roles, minimumAge, salt))
    if self.commitments[self._id(owner, policy)] & 255 != LIVE:
        return False
    fact: uint256 = staticcall Accreditation(ACCREDITATION).organisations(organisation)
    until: uint256 = (fact >> 112) & MASK_48
    if fact >> 208 != ACCREDITED or (until != 0 and block.timestamp >= until):
        return False
    since: uint256 = (fact >> 64) & MASK_48
    return fact & MASK_64 & roles != 0 and block.timestamp - since >= minimumAge


@external
def breakGlass(tags: DynArray[bytes32, ITEMS_MAX]):
    """
    @notice Add tags of broken glass to the sender's chain.
    @param tags Salted hashes, in order.
    """
    self._break_glass(msg.sender, tags)


@external
def breakGlassSigned(
    publisher: address,
    previous: bytes32,
    tags: DynArray[bytes32, ITEMS_MAX],
    deadline: uint256,
    signature: Bytes[65],
):
    """
    @notice Add tags of broken glass to a publisher's chain. Relayed by anybody.
    @param publisher Who signed.
    @param previous The head that they follow; another one is refused, so nothing comes twice.
    @param tags Salted hashes, in order.
    @param deadline The last second in which this may be relayed.
    @param signature EIP-712, r ‖ s ‖ v.
    """
    assert len(tags) > 0, "no tag"
    assert self.glass[publisher] == previous, "another head"
    tags_hash: bytes32 = keccak256(
        slice(abi_encode(tags, ensure_tuple=False), 32, 32 * len(tags))
    )
    hashed: bytes32 = keccak256(
        abi_encode(GLASS_TYPEHASH, publisher, previous, tags_hash, deadline)
    )
    self._require_signed(publisher, hashed, deadline, signature)
    self._break_glass(publisher, tags)


@external
def anchor(root: bytes32):
    """
    @notice Add a root of the sender's audit log to its chain.
    @param root The root.
    """
    self._anchor(msg.sender, root)


@external
def anchorSigned(
    publisher: address, previous: bytes32, root: bytes32, deadline: uint256, signature: Bytes[65]
):
    """
    @notice Add a root of a publisher's audit log to its chain. Relayed by anybody.
    @param publisher Who signed.
    @param previous The head that it follows; another one is refused, so nothing comes twice.
    @param root The root.
    @param deadline The last second in which this may be relayed.
    @param signature EIP-712, r ‖ s ‖ v.
    """
    assert self.anchors[publisher] == previous, "another head"
    hashed: bytes32 = keccak256(abi_encode(ANCHOR_TYPEHASH, publisher, previous, root, deadline))
    self._require_signed(publisher, hashed, deadline, signature)
    self._anchor(publisher, root)


@internal
def _grant(id: bytes32) -> bool:
    if self.commitments[id] != 0:
        return False
    self.commitments[id] = LIVE | block.timestamp << 8
    log Granted(id=id)
    return True


@internal
def _revoke(id: bytes32) -> bool:
    fact: uint256 = self.commitments[id]
    if fact & 255 == REVOKED:
        return False
    self.commitments[id] = fact & (MASK_48 << 8) | REVOKED | block.timestamp << 56
    log Revoked(id=id)
    return True


@internal
def _break_glass(publisher: address, tags: DynArray[bytes32, ITEMS_MAX]):
    assert len(tags) > 0, "no tag"
    head: bytes32 = self.glass[publisher]
    for tag: bytes32 in tags:
        head = keccak256(concat(head, tag))
        log Glass(publisher=publisher, tag=tag, head=head)
    self.glass[publisher] = head


@internal
def _anchor(publisher: address, root: bytes32):
    head: bytes32 = keccak256(concat(self.anchors[publisher], root))
    self.anchors[publisher] = head
    log Anchored(publisher=publisher, root=root, head=head)


@internal
@pure
def _id(owner: address, commitment: bytes32) -> bytes32:
    return keccak256(abi_encode(owner, commitment))


@internal
@view
def _signed(item: Item, typehash: bytes32, domain: bytes32) -> bool:
    if block.timestamp > item.deadline or convert(item.s, uint256) > convert(S_MAX, uint256):
        return False
    hashed: bytes32 = keccak256(
        abi_encode(typehash, item.owner, item.commitment, item.deadline)
    )
    signer: address = ecrecover(
        keccak256(concat(x"1901", domain, hashed)), item.v, item.r, item.s
    )
    return signer != empty(address) and signer == item.owner


@internal
@view
def _require_signed(publisher: address, hashed: bytes32, deadline: uint256, signature: Bytes[65]):
    assert block.timestamp <= deadline, "too late"
    assert len(signature) == 65, "bad signature"
    s: uint256 = extract32(signature, 32, output_type=uint256)
    assert s <= convert(S_MAX, uint256), "bad signature"
    signer: address = ecrecover(
        keccak256(concat(x"1901", self._domain(), hashed)),
        convert(slice(signature, 64, 1), uint256),
        extract32(signature, 0, output_type=uint256),
        s,
    )
    assert signer != empty(address) and signer == publisher, "bad signature"


@internal
@view
def _domain() -> bytes32:
    # Made anew each time: after a fork of the chain its id is another one.
    return keccak256(abi_encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chain.id, self))
