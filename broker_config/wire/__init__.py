"""The contract between processes, written once: states, names, errors, messages, events, frames.

Standard library only: the runner, whose environment may hold any version of any package,
imports it too.
"""

VERSION = 6
"""Version of the wire contract; an agent and a control plane of different versions refuse each other."""
