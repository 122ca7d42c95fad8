"""Every address, by every method, as everybody: what they are answered, what they read, what they change."""
