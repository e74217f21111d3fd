"""Both sides of a claim compared under each convention that is open, and gradcheck's verdict."""
