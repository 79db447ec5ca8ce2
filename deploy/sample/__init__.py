"""A small stream of sample tickets, and a view of what respondby publishes about them."""
