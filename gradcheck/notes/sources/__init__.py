"""Where formulas come from: Markdown, TeX, notebooks; each with line and column."""
