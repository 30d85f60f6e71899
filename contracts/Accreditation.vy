# pragma version 0.4.3
# pragma evm-version shanghai
# SPDX-License-Identifier: Apache-2.0
"""
@title Accreditation
@license Apache-2.0
@author Satchel
@notice Which organisations are accredited, by whose vote, and which devices and practitioners they
    vouch for. A council of members acts by m-of-n signatures gathered offline; an organisation
    issues and revokes credentials of its own. There is no owner and no upgrade.
@dev Every fact is one packed storage slot, so that one Merkle proof shows it. Times are seconds since
    1970. `contracts/packing.py` reads the words and `contracts/typed_data.py` makes the digests.
"""

interface DIDRegistry:
    def identityOwner(identity: address) -> address: view


struct Action:
    kind: uint8
    subject: address
    a: uint256
    b: uint256


event OrganisationChanged:
    organisation: indexed(address)
    fact: uint256

event CredentialChanged:
    issuer: indexed(address)
    key: indexed(bytes32)
    fact: uint256

event IssuerOwnerChanged:
    issuer: indexed(address)
    owner: address

event MemberChanged:
    member: indexed(address)
    is_member: bool
    count: uint256
    threshold: uint256

event Decided:
    digest: indexed(bytes32)

event DisasterChanged:
    fact: uint256

event SignersChanged:
    signers: bytes32


# What a council may decide; each action says the state that shall be, so that one that is so already
# changes nothing.
ACCREDIT: constant(uint8) = 1  # subject, a = roles, b = until (0: open)
SUSPEND: constant(uint8) = 2  # subject
ADD_MEMBER: constant(uint8) = 3  # subject
REMOVE_MEMBER: constant(uint8) = 4  # subject
SET_THRESHOLD: constant(uint8) = 5  # a
DISASTER: constant(uint8) = 6  # a = until (0: ends now)
SET_SIGNERS: constant(uint8) = 7  # a = hash of the checkpoint signers
WITHDRAW: constant(uint8) = 8  # a = digest of a decision that shall never be executed

MEMBERS_MAX: constant(uint256) = 16
ACTIONS_MAX: constant(uint256) = 16
KEYS_MAX: constant(uint256) = 64

ACCREDITED: constant(uint256) = 1
SUSPENDED: constant(uint256) = 2

LIVE: constant(uint256) = 1
REVOKED: constant(uint256) = 2
KIND_MAX: constant(uint8) = 2  # 1 practitioner, 2 device

MASK_48: constant(uint256) = 2**48 - 1
MASK_64: constant(uint256) = 2**64 - 1

S_MAX: constant(bytes32) = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

DOMAIN_TYPEHASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME_HASH: constant(bytes32) = keccak256("Satchel Accreditation")
VERSION_HASH: constant(bytes32) = keccak256("1")
ACTION_TYPEHASH: constant(bytes32) = keccak256(
    "Action(uint8 kind,address subject,uint256 a,uint256 b)"
)
DECISION_TYPEHASH: constant(bytes32) = keccak256(
    "Decision(Action[] actions,bytes32 salt,uint256 deadline)Action(uint8 kind,address subject,uint256 a,uint256 b)"
)
ISSUE_TYPEHASH: constant(bytes32) = keccak256(
    "Issue(address issuer,bytes32[] keys,uint256 until,uint8 kind,uint256 deadline)"
)
REVOKE_TYPEHASH: constant(bytes32) = keccak256(
    "Revoke(address issuer,bytes32[] keys,uint256 deadline)"
)

# @notice The registry of identities' owners, which `follow` reads.
DID_REGISTRY: public(immutable(address))

# @notice bits 0-63 roles, 64-111 since, 112-159 until (0: open), 160-207 changed at,
#     208-215 state (0 none, 1 accredited, 2 suspended).
organisations: public(HashMap[address, uint256])

# @notice issuer -> Ed25519 key -> bits 0-47 issued at, 48-95 until (0: open), 96-143 revoked at,
#     144-151 kind (1 practitioner, 2 device), 152-159 state (0 empty, 1 live, 2 revoked).
credentials: public(HashMap[address, HashMap[bytes32, uint256]])

# @notice Who signs for an issuer, as last followed; zero: the issuer's own key.
issuer_owners: public(HashMap[address, address])

# @notice bits 0-7 number of members, 8-15 threshold.
council: public(uint256)

# @notice Who sits on the council.
members: public(HashMap[address, bool])

# @notice Decisions that were executed or withdrawn, by digest.
decided: public(HashMap[bytes32, bool])

# @notice bits 0-47 until when disaster mode lasts (0: ended), 48-95 when that was decided.
disaster: public(uint256)

# @notice Hash of the devices whose signatures vouch for block headers, and how many it takes.
signers: public(bytes32)


@deploy
def __init__(
    members: DynArray[address, MEMBERS_MAX],
    threshold: uint256,
    signers_hash: bytes32,
    did_registry: address,
):
    """
    @notice Found the council.
    @param members Its members, all different.
    @param threshold How many of them decide.
    @param signers_hash Hash of the first checkpoint signers.
    @param did_registry The DIDRegistry in which organisations change their keys.
    """
    DID_REGISTRY = did_registry
    count: uint256 = 0
    for member: address in members:
        assert member != empty(address) and not self.members[member], "bad member"
        self.members[member] = True
        count += 1
        log MemberChanged(member=member, is_member=True, count=count, threshold=threshold)
    self._set_council(count, threshold)
    assert signers_hash != empty(bytes32), "bad signers"
    self.signers = signers_hash
    log SignersChanged(signers=signers_hash)


@external
def decide(
    actions: DynArray[Action, ACTIONS_MAX],
    salt: bytes32,
    deadline: uint256,
    signatures: DynArray[Bytes[65], MEMBERS_MAX],
):
    """
    @notice Execute what the council decided: all actions, in order, or none. Relayed by anybody.
    @dev Decisions have no order among each other: each is executed once, at any time until its
        deadline, by the members of that time. WITHDRAW ends one that must not come any more.
    @param actions What shall be.
    @param salt Makes this decision unlike any other with the same actions.
    @param deadline The last second in which it may be executed.
    @param signatures EIP-712 signatures of at least `threshold` members, each r ‖ s ‖ v, in
        ascending order of the signers' addresses.
    """
    assert len(actions) > 0, "no action"
    assert block.timestamp <= deadline, "too late"
    digest: bytes32 = self._typed(
        keccak256(abi_encode(DECISION_TYPEHASH, self._actions_hash(actions), salt, deadline))
    )
    assert not self.decided[digest], "decided already"
    self.decided[digest] = True
    assert len(signatures) >= self.council >> 8, "below threshold"
    last: address = empty(address)
    for signature: Bytes[65] in signatures:
        signer: address = self._signer(digest, signature)
        assert convert(signer, uint160) > convert(last, uint160), "signatures not ascending"
        assert self.members[signer], "not a member"
        last = signer
    for action: Action in actions:
        self._act(action)
    council: uint256 = self.council
    self._set_council(council & 255, council >> 8)
    log Decided(digest=digest)


@external
def issue(key: bytes32, until: uint256, kind: uint8):
    """
    @notice Vouch for a device or practitioner. Sent by an accredited organisation with its first key.
    @param key The Ed25519 key.
    @param until The second from which it no longer counts; 0: open.
    @param kind 1 practitioner, 2 device.
    """
    self._require_unrotated()
    fact: uint256 = self._new_fact(msg.sender, until, kind)
    assert self._issue(msg.sender, key, fact), "issued already"


@external
def issueBatch(keys: DynArray[bytes32, KEYS_MAX], until: uint256, kind: uint8) -> uint256:
    """
    @notice Vouch for several at once. Sent by an accredited organisation with its first key.
    @param keys The Ed25519 keys; those that are issued or revoked already are skipped.
    @param until The second from which they no longer count; 0: open.
    @param kind 1 practitioner, 2 device.
    @return How many were issued.
    """
    self._require_unrotated()
    return self._issue_all(msg.sender, keys, until, kind)


@external
def issueSigned(
    issuer: address,
    keys: DynArray[bytes32, KEYS_MAX],
    until: uint256,
    kind: uint8,
    deadline: uint256,
    signature: Bytes[65],
) -> uint256:
    """
    @notice Vouch for several at once. Signed by the issuer's owner, relayed by anybody.
    @param issuer The accredited organisation.
    @param keys The Ed25519 keys; those that are issued or revoked already are skipped.
    @param until The second from which they no longer count; 0: open.
    @param kind 1 practitioner, 2 device.
    @param deadline The last second in which this may be relayed.
    @param signature EIP-712, r ‖ s ‖ v.
    @return How many were issued.
    """
    assert len(keys) > 0, "no key"
    hashed: bytes32 = keccak256(
        abi_encode(ISSUE_TYPEHASH, issuer, self._keys_hash(keys), until, kind, deadline)
    )
    self._require_signed(issuer, hashed, deadline, signature)
    return self._issue_all(issuer, keys, until, kind)


@external
def revoke(key: bytes32):
    """
    @notice Revoke a credential, for ever, issued or not. Sent by the issuer with its first key.
    @param key The Ed25519 key.
    """
    self._require_unrotated()
    assert self._revoke(msg.sender, key), "revoked already"


@external
def revokeBatch(keys: DynArray[bytes32, KEYS_MAX]) -> uint256:
    """
    @notice Revoke several at once, for ever. Sent by the issuer with its first key.
    @param keys The Ed25519 keys; those that are revoked already are skipped.
    @return How many were revoked.
    """
    self._require_unrotated()
    return self._revoke_all(msg.sender, keys)


@external
def revokeSigned(
    issuer: address,
    keys: DynArray[bytes32, KEYS_MAX],
    deadline: uint256,
    signature: Bytes[65],
) -> uint256:
    """
    @notice Revoke several at once, for ever. Signed by the issuer's owner, relayed by anybody.
    @dev Needs no accreditation: a suspended organisation still ends what it vouched for.
    @param issuer The organisation.
    @param keys The Ed25519 keys; those that are revoked already are skipped.
    @param deadline The last second in which this may be relayed.
    @param signature EIP-712, r ‖ s ‖ v.
    @return How many were revoked.
    """
    assert len(keys) > 0, "no key"
    hashed: bytes32 = keccak256(
        abi_encode(REVOKE_TYPEHASH, issuer, self._keys_hash(keys), deadline)
    )
    self._require_signed(issuer, hashed, deadline, signature)
    return self._revoke_all(issuer, keys)


@external
def follow(issuer: address):
    """
    @notice Take over from the DIDRegistry who signs for an issuer. Sent by anybody, after
        `changeOwner` there: from then on the old key neither issues nor revokes.
    @dev Kept here rather than asked each time: a credential must be cheap to revoke.
    @param issuer The organisation.
    """
    owner: address = staticcall DIDRegistry(DID_REGISTRY).identityOwner(issuer)
    if owner != self._issuer_owner(issuer):
        self.issuer_owners[issuer] = owner
        log IssuerOwnerChanged(issuer=issuer, owner=owner)


@internal
def _act(action: Action):
    if action.kind == ACCREDIT:
        self._accredit(action.subject, action.a, action.b)
    elif action.kind == SUSPEND:
        self._suspend(action.subject)
    elif action.kind == ADD_MEMBER:
        self._set_member(action.subject, True)
    elif action.kind == REMOVE_MEMBER:
        self._set_member(action.subject, False)
    elif action.kind == SET_THRESHOLD:
        assert action.a > 0 and action.a <= MEMBERS_MAX, "bad threshold"
        self.council = self.council & 255 | action.a << 8
    elif action.kind == DISASTER:
        assert action.a == 0 or action.a > block.timestamp and action.a <= MASK_48, "bad until"
        self.disaster = action.a | block.timestamp << 48
        log DisasterChanged(fact=self.disaster)
    elif action.kind == SET_SIGNERS:
        assert action.a != 0, "bad signers"
        self.signers = convert(action.a, bytes32)
        log SignersChanged(signers=self.signers)
    elif action.kind == WITHDRAW:
        self.decided[convert(action.a, bytes32)] = True
    else:
        raise "unknown action"


@internal
def _accredit(organisation: address, roles: uint256, until: uint256):
    assert organisation != empty(address), "bad organisation"
    assert roles > 0 and roles <= MASK_64, "bad roles"
    assert until == 0 or until > block.timestamp and until <= MASK_48, "bad until"
    since: uint256 = block.timestamp
    if self._accredited(organisation):
        since = (self.organisations[organisation] >> 64) & MASK_48
    fact: uint256 = (
        roles | since << 64 | until << 112 | block.timestamp << 160 | ACCREDITED << 208
    )
    self.organisations[organisation] = fact
    log OrganisationChanged(organisation=organisation, fact=fact)


@internal
def _suspend(organisation: address):
    fact: uint256 = self.organisations[organisation]
    if fact >> 208 == SUSPENDED:
        return
    # Roles, since and until stay to be read; the time and the state are new.
    fact = fact & (2**160 - 1) | block.timestamp << 160 | SUSPENDED << 208
    self.organisations[organisation] = fact
    log OrganisationChanged(organisation=organisation, fact=fact)


@internal
def _set_member(member: address, shall_be: bool):
    assert member != empty(address), "bad member"
    if self.members[member] == shall_be:
        return
    self.members[member] = shall_be
    council: uint256 = self.council
    count: uint256 = council & 255
    threshold: uint256 = council >> 8
    if shall_be:
        count += 1
    else:
        count -= 1
    self.council = count | threshold << 8
    log MemberChanged(member=member, is_member=shall_be, count=count, threshold=threshold)


@internal
def _set_council(count: uint256, threshold: uint256):
    # Within a decision a council may pass through what it could not stay in.
    assert threshold > 0, "no threshold"
    assert count >= threshold, "fewer members than threshold"
    assert count <= MEMBERS_MAX, "too many members"
    self.council = count | threshold << 8


@internal
@view
def _accredited(organisation: address) -> bool:
    fact: uint256 = self.organisations[organisation]
    until: uint256 = (fact >> 112) & MASK_48
    return fact >> 208 == ACCREDITED and (until == 0 or block.timestamp < until)


@internal
@view
def _new_fact(issuer: address, until: uint256, kind: uint8) -> uint256:
    assert self._accredited(issuer), "not accredited"
    assert until == 0 or until > block.timestamp and until <= MASK_48, "bad until"
    assert kind > 0 and kind <= KIND_MAX, "bad kind"
    return block.timestamp | until << 48 | convert(kind, uint256) << 144 | LIVE << 152


@internal
def _issue_all(
    issuer: address, keys: DynArray[bytes32, KEYS_MAX], until: uint256, kind: uint8
) -> uint256:
    fact: uint256 = self._new_fact(issuer, until, kind)
    count: uint256 = 0
    for key: bytes32 in keys:
        if self._issue(issuer, key, fact):
            count += 1
    return count


@internal
def _issue(issuer: address, key: bytes32, fact: uint256) -> bool:
    assert key != empty(bytes32), "bad key"
    if self.credentials[issuer][key] != 0:
        return False
    self.credentials[issuer][key] = fact
    log CredentialChanged(issuer=issuer, key=key, fact=fact)
    return True


@internal
def _revoke_all(issuer: address, keys: DynArray[bytes32, KEYS_MAX]) -> uint256:
    count: uint256 = 0
    for key: bytes32 in keys:
        if self._revoke(issuer, key):
            count += 1
    return count


@internal
def _revoke(issuer: address, key: bytes32) -> bool:
    assert key != empty(bytes32), "bad key"
    fact: uint256 = self.credentials[issuer][key]
    if fact >> 152 == REVOKED:
        return False
    fact = fact & (2**152 - 1) | block.timestamp << 96 | REVOKED << 152
    self.credentials[issuer][key] = fact
    log CredentialChanged(issuer=issuer, key=key, fact=fact)
    return True


@internal
@view
def _issuer_owner(issuer: address) -> address:
    owner: address = self.issuer_owners[issuer]
    if owner == empty(address):
        return issuer
    return owner


@internal
@view
def _require_unrotated():
    # An organisation whose key was changed acts by signature: its address is not its key's any more.
    assert self._issuer_owner(msg.sender) == msg.sender, "key was changed"


@internal
@view
def _require_signed(issuer: address, hashed: bytes32, deadline: uint256, signature: Bytes[65]):
    assert block.timestamp <= deadline, "too late"
    assert self._signer(self._typed(hashed), signature) == self._issuer_owner(issuer), "bad signature"


@internal
@view
def _typed(hashed: bytes32) -> bytes32:
    # Made anew each time: after a fork of the chain its id is another one.
    domain: bytes32 = keccak256(
        abi_encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chain.id, self)
    )
    return keccak256(concat(x"1901", domain, hashed))


@internal
@pure
def _signer(digest: bytes32, signature: Bytes[65]) -> address:
    assert len(signature) == 65, "bad signature"
    s: uint256 = extract32(signature, 32, output_type=uint256)
    assert s <= convert(S_MAX, uint256), "bad signature"
    signer: address = ecrecover(
        digest,
        convert(slice(signature, 64, 1), uint256),
        extract32(signature, 0, output_type=uint256),
        s,
    )
    assert signer != empty(address), "bad signature"
    return signer


@internal
@pure
def _actions_hash(actions: DynArray[Action, ACTIONS_MAX]) -> bytes32:
    hashes: DynArray[bytes32, ACTIONS_MAX] = []
    for action: Action in actions:
        hashes.append(
            keccak256(abi_encode(ACTION_TYPEHASH, action.kind, action.subject, action.a, action.b))
        )
    # EIP-712 hashes an array's elements without their number, which comes first here.
    return keccak256(slice(abi_encode(hashes, ensure_tuple=False), 32, 32 * len(hashes)))


@internal
@pure
def _keys_hash(keys: DynArray[bytes32, KEYS_MAX]) -> bytes32:
    return keccak256(slice(abi_encode(keys, ensure_tuple=False), 32, 32 * len(keys)))
