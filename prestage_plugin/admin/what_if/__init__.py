"""*What if*: which devices would change under other rules, from stored facts."""
