"""What is said between Husk's processes, how it is routed, and where it is kept."""
