"""What the control plane tells about itself: processes, ticks, queues, memory, and what nobody could read."""
