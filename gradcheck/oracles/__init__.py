"""gradcheck in the service of other implementations: right gradients, test vectors, judged answers."""
