"""Previews of published objects: plain data, made here, so that nobody has to load the object to see it."""
