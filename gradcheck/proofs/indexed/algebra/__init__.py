"""Expressions in index symbols: their terms, their normal form, what is made of them.

The rewriting rules call each other: a product makes a function anew, a function asks for the normal form
of its argument, a normal form multiplies. So `expression`, `products`, `powers`, `functions`,
`interning`, `reduction` and `signs` import each other, within functions where they have to. Nothing else
of gradcheck's proofs is in a circle of imports: `codes`, `polynomials`, `questions`, `space`,
`canonical` and `matching` lie below these seven, all other files above.
"""
