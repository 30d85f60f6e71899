"""Letters, the node's own and those that it keeps for others (AUTHORITY rule 15).

They lie beside the chart and are in no digest. A relay may keep one for a chart that it does not
know otherwise.
"""

import hashlib

from node.store.charts import Charts
from node.store.database import Database
from sync.identifiers import ChartId, DeviceKey, SealingKey
from sync.letter import Letter, letter_pair, parse_letter


class Letters:
    """Letters by chart and recipient."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    def add(self, letter: Letter) -> bool:
        """Keep a letter, whether its chart is held or not. False when it was kept already."""
        encoded = letter.encoded()
        with self._database.transaction():
            return bool(
                self._database.write(
                    "INSERT INTO letters (n, recipient, hash, encoded) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (
                        self._charts.know(letter.chart),
                        letter.to,
                        hashlib.sha256(encoded).digest(),
                        encoded,
                    ),
                )
            )

    def of_chart(self, chart: ChartId) -> list[Letter]:
        """A chart's letters, the oldest first; none for a chart that is not known."""
        n = self._charts.number_or_none(chart)
        rows = self._database.rows("SELECT encoded FROM letters WHERE n = ? ORDER BY id", (n,))
        return [parse_letter(encoded) for (encoded,) in rows]

    def pairs(self, chart: ChartId) -> list[tuple[DeviceKey, SealingKey]]:
        """Author and recipient of each of a chart's letters, without their signatures' cost."""
        n = self._charts.number_or_none(chart)
        rows = self._database.rows("SELECT encoded FROM letters WHERE n = ?", (n,))
        return [letter_pair(encoded) for (encoded,) in rows]

    def to(self, recipient: SealingKey, chart: ChartId | None = None) -> list[Letter]:
        """The letters to one recipient, of all charts or of one, the oldest first."""
        if chart is None:
            rows = self._database.rows(
                "SELECT encoded FROM letters WHERE recipient = ? ORDER BY id", (recipient,)
            )
        else:
            rows = self._database.rows(
                "SELECT encoded FROM letters WHERE recipient = ? AND n = ? ORDER BY id",
                (recipient, self._charts.number_or_none(chart)),
            )
        return [parse_letter(encoded) for (encoded,) in rows]

    def count(self) -> int:
        """How many letters are kept."""
        return int(self._database.value("SELECT count(*) FROM letters"))
