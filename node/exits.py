"""The exit codes of the `satchel` command, each with its meaning; errors name theirs.

The command reference is generated from these lines.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status says; `meaning` is the line in the command reference."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> "ExitCode":
        """Make one code with its line of documentation."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code

    ALL_TAKEN = 0, "everything was done"
    FAILED = 1, "something unexpected failed; nothing that was stored is harmed"
    USAGE = 2, "the command line cannot be understood"
    SOME_REJECTED = 3, "some of what was given was taken, some rejected"
    NONE_TAKEN = 4, "nothing of what was given was taken"
    LOCKED = 5, "the keystore stays locked: wrong passphrase, or none"
    IN_USE = 6, "another process has this home"
    NOT_FOUND = 7, "no such home, chart, peer, file or record"
    REFUSED = 8, "refused: no entitlement, or what is there is damaged, foreign or newer"
    NETWORK = 9, "a peer could not be reached, or the connection broke"
    INTEGRITY = 10, "what is stored does not verify"
    INCOMPLETE = 11, "not all was exported: the content of large resources is not here yet"
