"""The exceptions that a person is meant to read."""


class InputError(ValueError):
    """Input that can't be used; the message names the input and the remedy, in plain English."""


class MissingFileError(InputError):
    """A file that the session does not have; the message names those that it has."""
