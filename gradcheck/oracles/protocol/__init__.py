"""The protocol with programs in any language: one JSON object a line, version 1.

gradcheck drives a program (`external`), or answers as one (`serve`). The messages are in `messages`,
their JSON Schema in `gradcheck/schemas/protocol.schema.json`.
"""
