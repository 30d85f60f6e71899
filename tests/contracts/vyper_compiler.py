"""The compiler that `make install` puts beside the node's environment. For tests that compile."""

from pathlib import Path

import pytest

from contracts.compiling import COMPILER, SOURCES


def compiler() -> Path:
    """Its path; a test skips where Make did not make this environment, and fails where it did."""
    if not COMPILER.exists():
        if (SOURCES.parent / ".venv" / "installed").exists():
            pytest.fail("`make install` made no Vyper compiler in .venv/compiler")
        pytest.skip("no Vyper compiler here: `make install` makes one")
    return COMPILER
