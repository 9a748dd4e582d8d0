"""From an object to what a page shows."""
