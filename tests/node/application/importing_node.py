"""A process that imports made-up patients until it is killed; says each that is acknowledged.

Started by test_node_crashes.py: `importing_node.py HOME`.
"""

import sys
from pathlib import Path

from clinics import PASSPHRASE, bundles

from node.application.starting import open_node
from node.home.creation import open_home


def main(home: Path) -> None:
    node = open_node(open_home(home), PASSPHRASE)
    for content in bundles(11, 40):
        taken = node.import_file("p", content)
        sys.stdout.write(f"{taken['accepted']}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
