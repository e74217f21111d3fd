"""One claim at one point: the code is run, backends are asked, the two are compared, the vote is taken."""
