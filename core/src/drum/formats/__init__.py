"""The built-in formats: plugins like any other, asked last."""
