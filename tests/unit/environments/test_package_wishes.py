"""Wishes for packages: what is taken, and that nothing else comes through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from broker_config.wire.errors import BadField
from tasks.environments.requirements import LONGEST, MOST, read, split

RENDERED = re.compile(
    r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\[[a-z0-9,-]+\])?(?:(?:==|!=|<=|>=|~=|<|>)[a-z0-9.+*!-]+,?)*(?:; .+)?"
)

BAD = {
    "an option": ["--index-url=http://x", "-r other.txt", "-e .", " --pre", "-"],
    "an address": ["http://x/y.whl", "pandas @ https://x/p.whl", "a@b", "x @ file:///etc/passwd", "ftp://x"],
    "a repository": ["git+https://x/y", "x @ git+ssh://git@x/y", "git+git://x"],
    "a path": ["./x", "../x", "/etc/passwd", "x/y", "~/x", "x.whl", "pkg.tar.gz", "a.zip", "..", "C:\\x"],
    "shell": ["a; rm -rf /", "a && b", "a | b", "$(id)", "`id`", "a > b c", "a\nb", "a;", "'a'", '"a"'],
    "the environment": ["$HOME", "${HOME}", "a==$V", "a[${x}]"],
    "control": ["a\x00", "a\x1b[0m", "a\tb", "a\r", "\x7fa"],
    "not ASCII": ["pandаs", "a\u202eb", "ａ", "a==１", "\ud800"],
    "not PEP 508": ["a b", "a==", "a=1", "==1", "a[", "a[]x", "a>=1.*", "a # comment", "a --hash=sha256:00"],
    "any text": ["a===1;x", "a===--pre", "a===1"],
    "options in a marker": [
        "a; os_name == ' --hash=sha256:00'",
        'a; os_name == "x # y"',
        "a; os_name == '-r'",
        "a; os_name == 'x\" --pre \"'",
    ],
    "nothing": ["", " "],
}


@pytest.mark.parametrize("entry", [entry for entries in BAD.values() for entry in entries])
def test_what_is_no_requirement_is_refused_with_the_field_and_a_reason(entry: str) -> None:
    with pytest.raises(BadField) as caught:
        read([entry])
    assert caught.value.field == "packages"
    assert caught.value.message.isprintable()
    assert caught.value.message.isascii()


GOOD = {
    "pandas": "pandas",
    " Foo_Bar.baz ": "foo-bar-baz",
    "pandas>=2,<3": "pandas<3,>=2",
    "pandas (>=2)": "pandas>=2",
    "uvicorn[Standard, a.b]": "uvicorn[a-b,standard]",
    "x~=1.4.2": "x~=1.4.2",
    "x==1.*": "x==1.*",
    "x==1!2.0+cpu.1": "x==1!2.0+cpu.1",
    "x!=2.0rc1": "x!=2.0rc1",
    "x; python_version<'3.12' and sys_platform == \"linux\"": (
        'x; python_version < "3.12" and sys_platform == "linux"'
    ),
    'x; extra == ""': 'x; extra == ""',
    "x[y]>=1; python_version in '3.11 3.12'": 'x[y]>=1; python_version in "3.11 3.12"',
}


@pytest.mark.parametrize("entry", GOOD)
def test_what_pep_508_knows_is_taken_and_written_in_one_way(entry: str) -> None:
    assert read([entry]) == [GOOD[entry]]
    assert read(read([entry])) == read([entry])


def test_the_order_in_which_they_are_written_does_not_matter() -> None:
    assert read(["b", "a>1,<2"]) == read(["A <2,>1", "B"]) == ["a<2,>1", "b"]


@pytest.mark.parametrize("twins", [["a", "a"], ["Foo-Bar", "foo_bar"], ["x==1", "X>=1; os_name == 'nt'"]])
def test_twins_are_refused(twins: list[str]) -> None:
    with pytest.raises(BadField, match="is there twice"):
        read(twins)


def test_more_or_longer_ones_than_a_lock_may_have_are_refused() -> None:
    assert len(read([f"p{n}" for n in range(MOST)])) == MOST
    assert read(["a" * LONGEST])
    for packages in ([f"p{n}" for n in range(5_000)], ["a" * 5_000], ["a" * (LONGEST + 1)]):
        with pytest.raises(BadField, match="at most"):
            read(packages)
    with pytest.raises(BadField, match="longer than"):
        split("a," * 1_000_000)


SPLIT = {
    "": [],
    " \n ": [],
    "scikit-learn==1.4.0, pandas==2.1.0": ["scikit-learn==1.4.0", "pandas==2.1.0"],
    "pandas>=2,<3": ["pandas>=2,<3"],
    "pandas>=2 , <3,numpy": ["pandas>=2 , <3", "numpy"],
    "a~=1,!=1.5,b": ["a~=1,!=1.5", "b"],
    "a[x,y],b": ["a[x,y]", "b"],
    "a (>=1,<2), b": ["a (>=1,<2)", "b"],
    "a; python_version in '3.11,3.12', b": ["a; python_version in '3.11,3.12'", "b"],
    "a\nb,\n\nc": ["a", "b", "c"],
    "a,,b": ["a", "", "b"],
    "a,": ["a", ""],
    ",": ["", ""],
}


@pytest.mark.parametrize("text", SPLIT)
def test_commas_separate_unless_a_version_goes_on(text: str) -> None:
    assert split(text) == SPLIT[text]


NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,8}", fullmatch=True)
SPECIFIERS = st.lists(
    st.tuples(st.sampled_from(["==", "!=", ">=", "<=", "<", ">", "~="]), st.sampled_from(["1.0", "2.3.4"])),
    max_size=3,
).map(lambda parts: ",".join(f"{operator}{version}" for operator, version in parts))
EXTRAS = st.lists(NAMES, max_size=2).map(lambda names: f"[{','.join(names)}]" if names else "")
MARKERS = st.sampled_from(["", "; os_name == 'posix'", '; python_version < "3.12" or extra == "x,y"'])
WISHES = st.builds(lambda *parts: "".join(parts), NAMES, EXTRAS, SPECIFIERS, MARKERS)


@given(st.lists(WISHES, max_size=8))
def test_wishes_joined_by_commas_or_lines_come_apart_again(wishes: list[str]) -> None:
    assert split(",".join(wishes)) == wishes
    assert split("\n".join(wishes)) == wishes


@given(st.lists(st.one_of(WISHES, st.text(), st.from_regex(r"[-a-z$@/;'\"\[\] #=]{1,20}", fullmatch=True))))
def test_whatever_is_written_is_refused_or_comes_out_as_requirements(packages: list[str]) -> None:
    try:
        found = read(packages)
    except BadField:
        return
    assert found == read(found)
    for wish in found:
        assert RENDERED.fullmatch(wish)
        assert Requirement(wish).url is None
        assert not any(word.startswith(("-", "#")) for word in wish.split())
        assert not any(char in wish for char in "$\\@/`\n")


@given(st.text(alphabet=st.sampled_from("ab,<>=!~[]()'\" \n\r\x0b\u2028;"), max_size=40))
def test_any_text_is_split_without_losing_anything_but_commas_and_space(text: str) -> None:
    kept = re.sub(r"[,\s]", "", text)
    assert re.sub(r"[,\s]", "", "".join(split(text))) == kept
