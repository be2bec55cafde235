"""Any bytes in, any bytes out: count the words of a text."""

import json
from collections import Counter


def load_model(code_dir):
    """Return the words that do not count."""
    return {"the", "a", "an", "of", "and"}


def score_unstructured(model, data, query, **kwargs):
    """Return the most frequent words as JSON; ``--query "top=3"`` says how many."""
    words = Counter(word for word in data.lower().split() if word not in model)
    top = words.most_common(int(query.get("top", 5)))
    return json.dumps(dict(top)), {"mimetype": "application/json", "charset": "utf8"}
