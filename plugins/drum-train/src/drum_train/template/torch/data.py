"""Write data to train and to test with, which scikit-learn ships: replace them by your own."""

from pathlib import Path

from sklearn.datasets import load_diabetes

FOLDER = Path(__file__).parent


def main() -> None:
    """Write train.csv, and the rest as test.csv."""
    table = load_diabetes(as_frame=True).frame
    table = table.rename(columns={"target": "progression"})
    held_out = table.index % 5 == 4
    table[~held_out].to_csv(FOLDER / "train.csv", index=False)
    table[held_out].to_csv(FOLDER / "test.csv", index=False)


if __name__ == "__main__":
    main()
