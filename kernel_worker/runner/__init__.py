"""The process in which user code runs: it holds no credential and speaks frames with the agent."""
