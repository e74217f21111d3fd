"""`python -m gradcheck.schemas`: write the stored JSON Schemas anew."""

from gradcheck.schemas import write_schemas

for file in write_schemas():
    print(file)  # noqa: T201
