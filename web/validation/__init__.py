"""What comes in is checked here: bytes (``body``), fields (``fields``), a view's arguments (``checked``)."""
