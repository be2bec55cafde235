"""Hooks around a scikit-learn model: the data come in centimetres, and nobody is ever quite sure."""


def transform(data, model):
    """Turn lengths into millimetres, which the model was trained on."""
    lengths = [name for name in data if "radius" in name or "perimeter" in name]
    return data.assign(**{name: data[name] * 10 for name in lengths})


def post_process(predictions, model):
    """Keep probabilities away from 0 and 1."""
    return predictions.clip(0.01, 0.99)
