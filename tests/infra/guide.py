"""docs/aws.md as data: its shell code, and the commands of AWS's CLI in it."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel

from tests.infra.terraform import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "aws.md"
TEXT = PAGE.read_text()

_COMMAND = re.compile(r"""(?:(\w+)=\$\()?\baws ((?:"[^"]*"|'[^']*'|[^\s;|)]|[^\S\n])+)""")
# the CLI's own, for which AWS's API has no parameters
OF_THE_CLI = {"query", "output"}


@dataclass(frozen=True)
class Command:
    """A command of AWS's CLI, with its options and their values; None is a flag."""

    service: str
    name: str
    waits: bool
    options: dict[str, str | None]
    assigned: str | None
    """Variable of the shell that takes what it prints."""

    @property
    def operation(self) -> OperationModel:
        """AWS's operation, or the one that a `wait` repeats."""
        session = botocore.session.get_session()
        model: ServiceModel = session.get_service_model(self.service)
        if not self.waits:
            return model.operation_model(_by_option(model.operation_names)[self.name])
        waiters = session.get_waiter_model(self.service)
        waiter = waiters.get_waiter(_by_option(waiters.waiter_names)[self.name])
        return model.operation_model(waiter.operation)

    @property
    def members(self) -> dict[str, str]:
        """Parameters of the operation by the name that they have as options."""
        shape = self.operation.input_shape
        return {} if shape is None else _by_option(shape.members)

    def parameter(self, option: str) -> str:
        """Return the operation's parameter that an option sets; KeyError if there is none."""
        flag = self.options[option] is None
        return self.members[option.removeprefix("no-") if flag else option]

    def run(self, client: Any, shell: Mapping[str, str]) -> Any:
        """Do it with a client of the service, and return what it prints of its answer."""
        given = {
            self.parameter(option): self._value(option, shell)
            for option in self.options
            if option not in OF_THE_CLI
        }
        if self.waits:
            return client.get_waiter(xform_name(_waiter_name(client, self.name))).wait(**given)
        answer = getattr(client, xform_name(self.operation.name))(**given)
        return jmespath.search(self.options.get("query") or "@", answer)

    def _value(self, option: str, shell: Mapping[str, str]) -> Any:
        value = self.options[option]
        if value is None:
            return not option.startswith("no-")
        value = shell[value[1:]] if value.startswith("$") else value
        shape = self.operation.input_shape
        assert shape is not None
        return [value] if shape.members[self.parameter(option)].type_name == "list" else value


def section(title: str) -> str:
    """Return the page's text from one heading of the second level to the next."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def shell_code(text: str) -> str:
    """Return the shell code of a text."""
    return "\n".join(re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE))


def commands_in(text: str) -> list[Command]:
    """Return the commands of AWS's CLI in the shell code of a text."""
    found = []
    for assigned, command in _COMMAND.findall(shell_code(text)):
        service, *words = shlex.split(command)
        waits = words[0] == "wait"
        name, *given = words[1:] if waits else words
        options: dict[str, str | None] = {}
        for index, word in enumerate(given):
            if word.startswith("--"):
                value = given[index + 1] if index + 1 < len(given) else "--"
                options[word[2:]] = None if value.startswith("--") else value
        found.append(Command(service, name, waits, options, assigned or None))
    return found


def _by_option(names: Any) -> dict[str, str]:
    return {xform_name(name, "-"): name for name in names}


def _waiter_name(client: Any, option: str) -> str:
    return next(name for name in client.waiter_names if name.replace("_", "-") == option)
