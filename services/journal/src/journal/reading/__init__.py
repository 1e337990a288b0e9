"""What people and machines read of the log: who may, in which words, and as verifiable exports."""
