"""The pages of the rules: what they are, and what they say of a configuration."""
