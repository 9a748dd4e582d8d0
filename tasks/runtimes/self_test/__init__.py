"""Whether this host really enforces what a kernel's container is given: one throwaway container tries it."""
