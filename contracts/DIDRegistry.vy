# pragma version 0.4.3
# pragma evm-version shanghai
# SPDX-License-Identifier: Apache-2.0
"""
@title Satchel's DID registry
@license Apache-2.0
@notice ERC-1056: who controls an identity, its delegates and its attributes. Existing did:ethr
    resolvers read it as they read any other ERC-1056 registry.
@dev Wire-exact: functions, events and signed bytes are those of ERC-1056. What is signed names
    this contract and a nonce, and no chain: each chain's registry stands at an address of its own,
    which is what keeps a signature from being used on another chain.
"""

event DIDOwnerChanged:
    identity: indexed(address)
    owner: address
    previousChange: uint256

event DIDDelegateChanged:
    identity: indexed(address)
    delegateType: bytes32
    delegate: address
    validTo: uint256
    previousChange: uint256

event DIDAttributeChanged:
    identity: indexed(address)
    name: bytes32
    value: Bytes[VALUE_MAX]
    validTo: uint256
    previousChange: uint256

# ERC-1056 sets no limit; the largest values in use are RSA keys and services.
VALUE_MAX: constant(uint256) = 4096

# Half the order of secp256k1: of the two signatures that any can be turned into, one is taken.
S_MAX: constant(bytes32) = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

# @notice The owner that an identity was given; none where it is its own.
owners: public(HashMap[address, address])

# @notice Until when (seconds) a delegate of an identity counts, by the hash of its type.
delegates: public(HashMap[address, HashMap[bytes32, HashMap[address, uint256]]])

# @notice The block of an identity's last event; each event names the block of the one before.
changed: public(HashMap[address, uint256])

# @notice How many signed changes an owner has made.
nonce: public(HashMap[address, uint256])


@external
@view
def identityOwner(identity: address) -> address:
    """
    @notice Who controls an identity.
    @param identity The identity's address.
    @return The owner it was given, or itself.
    """
    return self._owner(identity)


@external
def changeOwner(identity: address, newOwner: address):
    """
    @notice Give an identity to another owner.
    @param identity The identity; the sender must own it.
    @param newOwner Who owns it from now on; the zero address gives it back to itself, which
        resolvers read as deactivated.
    """
    self._change_owner(identity, msg.sender, newOwner)


@external
def changeOwnerSigned(identity: address, sigV: uint8, sigR: bytes32, sigS: bytes32, newOwner: address):
    """
    @notice Give an identity to another owner, by the owner's signature; anybody may relay it.
    @param identity The identity.
    @param sigV The signature's v, 27 or 28.
    @param sigR The signature's r.
    @param sigS The signature's s.
    @param newOwner Who owns it from now on.
    """
    digest: bytes32 = keccak256(concat(self._prefix(identity), b"changeOwner", convert(newOwner, bytes20)))
    self._change_owner(identity, self._signer(identity, sigV, sigR, sigS, digest), newOwner)


@external
@view
def validDelegate(identity: address, delegateType: bytes32, delegate: address) -> bool:
    """
    @notice Whether a delegate counts now.
    @param identity The identity.
    @param delegateType What it may do, such as `veriKey`, padded with zeros.
    @param delegate The delegate.
    @return True while its validity lasts.
    """
    return self.delegates[identity][keccak256(delegateType)][delegate] > block.timestamp


@external
def addDelegate(identity: address, delegateType: bytes32, delegate: address, validity: uint256):
    """
    @notice Let a delegate act for an identity.
    @param identity The identity; the sender must own it.
    @param delegateType What the delegate may do.
    @param delegate The delegate.
    @param validity For how many seconds.
    """
    self._add_delegate(identity, msg.sender, delegateType, delegate, validity)


@external
def addDelegateSigned(identity: address, sigV: uint8, sigR: bytes32, sigS: bytes32, delegateType: bytes32, delegate: address, validity: uint256):
    """
    @notice Let a delegate act for an identity, by the owner's signature; anybody may relay it.
    @param identity The identity.
    @param sigV The signature's v, 27 or 28.
    @param sigR The signature's r.
    @param sigS The signature's s.
    @param delegateType What the delegate may do.
    @param delegate The delegate.
    @param validity For how many seconds.
    """
    digest: bytes32 = keccak256(
        concat(self._prefix(identity), b"addDelegate", delegateType, convert(delegate, bytes20), convert(validity, bytes32))
    )
    self._add_delegate(identity, self._signer(identity, sigV, sigR, sigS, digest), delegateType, delegate, validity)


@external
def revokeDelegate(identity: address, delegateType: bytes32, delegate: address):
    """
    @notice End a delegate.
    @param identity The identity; the sender must own it.
    @param delegateType What the delegate might do.
    @param delegate The delegate.
    """
    self._revoke_delegate(identity, msg.sender, delegateType, delegate)


@external
def revokeDelegateSigned(identity: address, sigV: uint8, sigR: bytes32, sigS: bytes32, delegateType: bytes32, delegate: address):
    """
    @notice End a delegate, by the owner's signature; anybody may relay it.
    @param identity The identity.
    @param sigV The signature's v, 27 or 28.
    @param sigR The signature's r.
    @param sigS The signature's s.
    @param delegateType What the delegate might do.
    @param delegate The delegate.
    """
    digest: bytes32 = keccak256(
        concat(self._prefix(identity), b"revokeDelegate", delegateType, convert(delegate, bytes20))
    )
    self._revoke_delegate(identity, self._signer(identity, sigV, sigR, sigS, digest), delegateType, delegate)


@external
def setAttribute(identity: address, name: bytes32, value_: Bytes[VALUE_MAX], validity: uint256):
    """
    @notice Say something of an identity: a key, a service.
    @param identity The identity; the sender must own it.
    @param name What is said, such as `did/svc/Name`, padded with zeros.
    @param value_ The value, at most 4096 bytes.
    @param validity For how many seconds.
    """
    self._set_attribute(identity, msg.sender, name, value_, validity)


@external
def setAttributeSigned(identity: address, sigV: uint8, sigR: bytes32, sigS: bytes32, name: bytes32, value_: Bytes[VALUE_MAX], validity: uint256):
    """
    @notice Say something of an identity, by the owner's signature; anybody may relay it.
    @param identity The identity.
    @param sigV The signature's v, 27 or 28.
    @param sigR The signature's r.
    @param sigS The signature's s.
    @param name What is said.
    @param value_ The value, at most 4096 bytes.
    @param validity For how many seconds.
    """
    digest: bytes32 = keccak256(
        concat(self._prefix(identity), b"setAttribute", name, value_, convert(validity, bytes32))
    )
    self._set_attribute(identity, self._signer(identity, sigV, sigR, sigS, digest), name, value_, validity)


@external
def revokeAttribute(identity: address, name: bytes32, value_: Bytes[VALUE_MAX]):
    """
    @notice Take back what was said of an identity.
    @param identity The identity; the sender must own it.
    @param name What was said.
    @param value_ The value.
    """
    self._revoke_attribute(identity, msg.sender, name, value_)


@external
def revokeAttributeSigned(identity: address, sigV: uint8, sigR: bytes32, sigS: bytes32, name: bytes32, value_: Bytes[VALUE_MAX]):
    """
    @notice Take back what was said of an identity, by the owner's signature; anybody may relay it.
    @param identity The identity.
    @param sigV The signature's v, 27 or 28.
    @param sigR The signature's r.
    @param sigS The signature's s.
    @param name What was said.
    @param value_ The value.
    """
    digest: bytes32 = keccak256(concat(self._prefix(identity), b"revokeAttribute", name, value_))
    self._revoke_attribute(identity, self._signer(identity, sigV, sigR, sigS, digest), name, value_)


@internal
@view
def _owner(identity: address) -> address:
    owner: address = self.owners[identity]
    return identity if owner == empty(address) else owner


@internal
@view
def _prefix(identity: address) -> Bytes[74]:
    count: uint256 = self.nonce[self._owner(identity)]
    return concat(0x1900, convert(self, bytes20), convert(count, bytes32), convert(identity, bytes20))


@internal
def _signer(identity: address, v: uint8, r: bytes32, s: bytes32, digest: bytes32) -> address:
    assert convert(s, uint256) <= convert(S_MAX, uint256), "bad_signature"
    # A signature that is none recovers to the zero address, which is its own owner.
    signer: address = ecrecover(digest, v, r, s)
    assert signer != empty(address) and signer == self._owner(identity), "bad_signature"
    self.nonce[signer] += 1
    return signer


@internal
def _change_owner(identity: address, actor: address, newOwner: address):
    assert actor == self._owner(identity), "bad_actor"
    self.owners[identity] = newOwner
    log DIDOwnerChanged(identity=identity, owner=newOwner, previousChange=self.changed[identity])
    self.changed[identity] = block.number


@internal
def _add_delegate(identity: address, actor: address, delegateType: bytes32, delegate: address, validity: uint256):
    assert actor == self._owner(identity), "bad_actor"
    until: uint256 = block.timestamp + validity
    self.delegates[identity][keccak256(delegateType)][delegate] = until
    log DIDDelegateChanged(identity=identity, delegateType=delegateType, delegate=delegate, validTo=until, previousChange=self.changed[identity])
    self.changed[identity] = block.number


@internal
def _revoke_delegate(identity: address, actor: address, delegateType: bytes32, delegate: address):
    assert actor == self._owner(identity), "bad_actor"
    self.delegates[identity][keccak256(delegateType)][delegate] = block.timestamp
    log DIDDelegateChanged(identity=identity, delegateType=delegateType, delegate=delegate, validTo=block.timestamp, previousChange=self.changed[identity])
    self.changed[identity] = block.number


@internal
def _set_attribute(identity: address, actor: address, name: bytes32, value_: Bytes[VALUE_MAX], validity: uint256):
    assert actor == self._owner(identity), "bad_actor"
    log DIDAttributeChanged(identity=identity, name=name, value=value_, validTo=block.timestamp + validity, previousChange=self.changed[identity])
    self.changed[identity] = block.number


@internal
def _revoke_attribute(identity: address, actor: address, name: bytes32, value_: Bytes[VALUE_MAX]):
    assert actor == self._owner(identity), "bad_actor"
    log DIDAttributeChanged(identity=identity, name=name, value=value_, validTo=0, previousChange=self.changed[identity])
    self.changed[identity] = block.number
