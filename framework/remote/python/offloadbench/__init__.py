"""What agents in Python may import where they run: offloadbench.agents."""
