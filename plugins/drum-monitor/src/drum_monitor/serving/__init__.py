"""The monitoring service: it takes rows and labels in, judges windows in the background, and shows what it found."""
