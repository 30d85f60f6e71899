"""What goes wrong with contracts before any chain is asked. Raised by the files of this package."""


class ContractError(Exception):
    """a contract's artifact, word, signature or compiler is not as it must be"""


class ArtifactMissing(ContractError):
    """the package has no readable artifact of this contract: install it again"""


class BadWord(ContractError):
    """a stored word is not of the kind that it was read as"""


class BadSignature(ContractError):
    """bytes are not a signature r ‖ s ‖ v whose s is in the lower half of the order"""


class CompilerMissing(ContractError):
    """there is no Vyper compiler: `make install` makes .venv/compiler"""


class CompilerFailed(ContractError):
    """the Vyper compiler refused a source"""
