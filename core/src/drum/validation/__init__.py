"""What a model does on ordinary and on awkward data, found out before anybody depends on it: ``drum validation``."""
