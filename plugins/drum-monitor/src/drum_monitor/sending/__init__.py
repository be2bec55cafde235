"""In the scorer: hand on what was scored, without ever slowing or breaking a prediction."""
