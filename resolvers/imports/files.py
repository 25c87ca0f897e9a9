"""What was uploaded: a list of members, or a bundle of OneRoster."""

from resolvers.imports.bundles import bundle_in
from resolvers.imports.lists import list_in
from resolvers.imports.staged import Upload
from resolvers.uploads import File

ZIP = b"PK\x03\x04"


def upload_in(file: File) -> Upload:
    """What a file is, by its first bytes; WrongFile where it is neither."""
    if file.content.startswith(ZIP):
        return bundle_in(file.content)
    return list_in(file.content, file.charset)
