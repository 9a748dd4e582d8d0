"""The kernel's first process: starts agent and runner, hands each new runner's sockets to the agent, reaps.

Standard library only, and little of it (no dataclasses, no asyncio): it is resident in every kernel.
"""
