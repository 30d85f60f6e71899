"""The tree of errors that the replication logic raises.

SyncError
├── CodecError              bytes that are not canonical CBOR, or too large
├── IdentifierError         text or bytes that are no identifier of the expected kind
├── OperationError          an operation that does not verify
│   ├── SignatureError      a signature that does not match
│   ├── HeaderError         a header of another form, or not in its canonical bytes
│   └── BodyError           a body that does not match its header, or does not open
│       └── NewerBodyError  a body in a form that a newer version writes
├── CharterError            a charter that does not hash to its chart, or is malformed
├── CertificateError        a session certificate that is malformed or does not verify
├── RosterError             a roster statement that is malformed or not its organisation's
├── ManifestError           a list of pieces that is malformed or not its operation's device's
├── LetterError             a letter that is malformed, forged, or not for this reader
├── NoteError               a note that is malformed or forged
├── EpochKeyError           a key that does not hash to its epoch, or a box that does not open
├── AuthorityError          an act that its author has no standing for
├── LimitError              something over a fixed limit
├── DictionaryError         a shipped compression dictionary that is not what it must be
└── SessionError            a peer that broke the protocol
    └── RefusedError        a peer that refuses this device
"""


class SyncError(Exception):
    """something in the replicated data is not as it must be"""


class CodecError(SyncError):
    """bytes that are not canonical CBOR of the expected shape"""


class IdentifierError(SyncError):
    """not an identifier of the expected kind"""


class OperationError(SyncError):
    """an operation does not verify"""


class SignatureError(OperationError):
    """a signature does not match what it signs"""


class HeaderError(OperationError):
    """an operation's header is malformed or not canonical"""


class BodyError(OperationError):
    """an operation's body does not match its header or does not open"""


class NewerBodyError(BodyError):
    """an operation's body is in a form that a newer version of Satchel writes"""


class CharterError(SyncError):
    """a charter is malformed or does not hash to its chart"""


class CertificateError(SyncError):
    """a session certificate is malformed or does not verify"""


class RosterError(SyncError):
    """a roster statement is malformed or not signed by its organisation"""


class LetterError(SyncError):
    """a letter is malformed, forged, or sealed to somebody else"""


class NoteError(SyncError):
    """a note is malformed or forged"""


class ManifestError(SyncError):
    """a list of an operation's pieces is malformed or does not verify"""


class EpochKeyError(SyncError):
    """a key does not hash to its epoch, or its box does not open"""


class AuthorityError(SyncError):
    """nobody here has the standing that this act needs"""


class LimitError(SyncError):
    """something is over a fixed limit"""


class DictionaryError(SyncError):
    """the compression dictionary of this installation is damaged: install Satchel again"""


class SessionError(SyncError):
    """the peer broke the sync protocol"""


class RefusedError(SessionError):
    """the peer refuses this device, by what the registry proves of it"""
