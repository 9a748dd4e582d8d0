"""The module's public names and signatures, and the page that is written from them."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from kernel_worker.runner import flowfile
from kernel_worker.runner.flowfile import reference

# Of the guide's table, and of what adds to it.
DOCUMENTED = {
    "read_input": '(name="main")',
    "read_first": '(name="main")',
    "read_inputs": "()",
    "publish_output": '(df, name="main")',
    "publish_artifact": "(name, obj, preview=True)",
    "read_artifact": "(name)",
    "delete_artifact": "(name)",
    "list_artifacts": "()",
    "publish_global": '(name, obj, description=None, tags=None, namespace="default", fmt=None)',
    "get_global": "(name, version=None, namespace=None)",
    "list_global_artifacts": "(tags=None, namespace=None, name=None)",
    "delete_global_artifact": "(name, version=None, namespace=None)",
    "log": '(message, level="INFO")',
    "log_info": "(message)",
    "log_warning": "(message)",
    "log_error": "(message)",
    "progress": '(iterable, total=None, label="")',
    "get_shared_location": "(filename)",
    "clear_output": "(wait=False)",
}
# Called as ``display(obj, title="", max_rows=10_000)``, and as IPython's: see the tests of displays.
FREER = {"display", "update_display", "parameters"}
ERRORS = {"NotSerializable", "StorageUnavailable", "FlowfileWarning"}


def test_the_public_names_are_the_documented_ones() -> None:
    assert set(flowfile.__all__) == {*DOCUMENTED, *FREER, *ERRORS}
    assert sorted(dir(flowfile)) == sorted(flowfile.__all__)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_function_has_the_documented_signature(name: str) -> None:
    signature = inspect.signature(getattr(flowfile, name))
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(plain)).replace("'", '"') == DOCUMENTED[name]


def test_errors_are_what_code_expects_them_to_be() -> None:
    assert issubclass(flowfile.NotSerializable, TypeError)
    assert issubclass(flowfile.StorageUnavailable, RuntimeError)
    assert issubclass(flowfile.FlowfileWarning, UserWarning)


@pytest.mark.parametrize("name", flowfile.__all__)
def test_a_public_name_is_described_with_every_argument(name: str) -> None:
    thing = getattr(flowfile, name)
    doc = inspect.getdoc(thing) or ""
    assert doc.partition("\n")[0].endswith(".")
    if name in DOCUMENTED:
        arguments = list(inspect.signature(thing).parameters)
        assert all(f"    {argument}:" in doc for argument in arguments)


def test_the_page_of_the_reference_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "flowfile.md"
    assert page.read_text() == reference.render(), "run `make docs-reference`"
    for name in flowfile.__all__:
        assert f"### {name}\n" in page.read_text()
