"""What another interpreter runs. It stands alone, so that nothing beside it hides a package from that interpreter."""
