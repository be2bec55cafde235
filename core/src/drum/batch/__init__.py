"""Score files: cut into batches, scored in order, written completely or not at all."""

from drum.batch.batch_scorer import BatchScorer
from drum.batch.progress import Progress, no_progress, shown_progress
from drum.batch.scoring import Summary, score_file

__all__ = ["BatchScorer", "Progress", "Summary", "no_progress", "score_file", "shown_progress"]
