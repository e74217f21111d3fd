"""What is true at a point: backends, their derivatives, slopes and kinks."""
