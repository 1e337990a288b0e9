"""What is true at the provider, whatever the skin through which it is asked."""
