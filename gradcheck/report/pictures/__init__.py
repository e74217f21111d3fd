"""Small pictures as inline SVG.

Drawn by hand, a few lines each: matplotlib is 16 KB a picture, half a second and 200 MB of packages;
pygal is 25 KB a picture and puts a script and an address on the network into it. Neither takes its
colours from the page, so neither follows it into the dark or to the printer.
"""

from gradcheck.report.pictures.cost import cost_picture
from gradcheck.report.pictures.digits import digits_picture
from gradcheck.report.pictures.heat import heat_pictures
from gradcheck.report.pictures.shapes import shapes_picture
from gradcheck.report.pictures.steps import draws_zero, steps_picture
from gradcheck.report.pictures.ulps import ulps_picture

__all__ = [
    "cost_picture",
    "digits_picture",
    "draws_zero",
    "heat_pictures",
    "shapes_picture",
    "steps_picture",
    "ulps_picture",
]
