"""Write the data of the training examples; run ``python examples/train_data.py`` with scikit-learn installed.

``train-topics``: requests for help made of phrases, each with its topic, a path in a hierarchy. Some words are chosen
from other topics, so that not everything can be told apart.
``train-regression``: the diabetes data that scikit-learn ships.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent
ROWS, NOISE = 600, 0.15
PHRASES = {
    "hardware/printer/paper": ["paper jam", "tray is empty", "sheets stick together", "paper is torn"],
    "hardware/printer/toner": ["toner is low", "print is pale", "black stripes on the page", "cartridge leaks"],
    "hardware/screen": ["screen stays black", "display flickers", "dead pixels", "monitor shows no signal"],
    "hardware/other": ["keyboard is broken", "mouse does not move", "fan is loud", "battery does not charge"],
    "network/wireless": ["wifi drops", "no wireless signal", "access point is slow", "cannot join the wifi"],
    "network/vpn": ["vpn does not connect", "tunnel closes", "remote access fails", "vpn client hangs"],
    "network/other": ["cable is loose", "dns does not answer", "proxy refuses", "network is slow"],
    "account/password": ["forgot my password", "password has expired", "login is locked", "reset my password"],
    "account/rights": ["cannot open the folder", "no permission", "need access to the share", "rights are missing"],
}
OPENINGS = ["Hello,", "Please help:", "Since this morning", "Again", "In room 12"]
CLOSINGS = ["Thanks!", "It is urgent.", "I have tried twice.", "What can I do?", ""]


def main() -> None:
    """Write train.csv, test.csv and an input without answers for each example."""
    write(HERE / "train-topics", requests(np.random.default_rng(0)), "topic")
    write(HERE / "train-regression", load_diabetes(as_frame=True).frame.rename(columns={"target": "progression"}),
          "progression")  # fmt: skip


def write(folder: Path, table: pd.DataFrame, target: str) -> None:
    """Keep every fifth row for the test."""
    held_out = table.index % 5 == 4
    table[~held_out].to_csv(folder / "train.csv", index=False)
    table[held_out].to_csv(folder / "test.csv", index=False)
    table[held_out].drop(columns=[target])[:20].to_csv(folder / "input.csv", index=False)


def requests(random: np.random.Generator) -> pd.DataFrame:
    """Return requests with their topics."""
    paths = list(PHRASES)
    topics = random.choice(paths, ROWS)
    return pd.DataFrame({"text": [request(topic, paths, random) for topic in topics], "topic": topics})


def request(topic: str, paths: list[str], random: np.random.Generator) -> str:
    """Return two phrases of a topic, some of them of another one."""
    own = [topic if random.random() > NOISE else str(random.choice(paths)) for _ in range(2)]
    phrases = [str(random.choice(PHRASES[path])) for path in own]
    return " ".join([str(random.choice(OPENINGS)), " and ".join(phrases) + ".", str(random.choice(CLOSINGS))]).strip()


if __name__ == "__main__":
    main()
