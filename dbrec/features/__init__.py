"""What is known of users and items, as columns and encoded rows."""
