"""gradcheck: is the derivative that you wrote by hand right?"""
