"""Objects as files: which format, how they are written, and how they come back as what they were."""
