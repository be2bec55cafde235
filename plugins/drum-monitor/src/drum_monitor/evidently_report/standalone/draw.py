"""Draw the report. Run by an interpreter that has Evidently, which drum's cannot have: nothing of drum is imported.

``draw.py FOLDER OUTPUT``: FOLDER holds ``reference.parquet``, ``current.parquet`` and ``columns.json``, which names the
numerical and the categorical columns. The exit status is 3 if Evidently cannot be imported; standard error says why.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ABSENT = 3


def main(folder: Path, output: Path) -> int:
    """Write the report to ``output``; return the exit status."""
    try:
        import pyarrow.parquet as pq
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset, DataSummaryPreset
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return ABSENT
    columns = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    definition = DataDefinition(numerical_columns=columns["numerical"], categorical_columns=columns["categorical"])
    reference, current = (
        # The types that pandas noted in the file may be those of a newer pandas.
        Dataset.from_pandas(pq.read_table(folder / name).to_pandas(ignore_metadata=True), data_definition=definition)
        for name in ("reference.parquet", "current.parquet")
    )
    report = Report([DataDriftPreset(), DataSummaryPreset()]).run(current, reference)
    report.save_html(str(output))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
