"""The HTML page: its template and style, and what its template shows of a claim."""
