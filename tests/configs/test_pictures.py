from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import configs
from lab.configs import BaseConfigs
from lab.configs._graph import Edge, Graph, GraphNode
from lab.configs._pictures import to_dot, to_mermaid, to_text


class Data(BaseConfigs):
    batch_size: int = 64
    folder: str
    loader: list


@Data.calc(Data.loader)
def batches(c: Data, workers: int = 2) -> list[int]:
    return [c.batch_size, workers]


class Main(BaseConfigs):
    epochs: int = 10
    device: str = "cpu"
    model: object
    data: Data
    total: int
    report: object
    unused: int = 3


@Main.calc(Main.model)
def net(c: Main, width: int = 8) -> object:
    return object()


@Main.calc(Main.total)
def product(c: Main) -> int:
    if c.epochs > 5:
        print(c.device)
    return c.epochs * len(c.data.loader) + id(c.model)


def look_around(conf: Any) -> None:
    """Takes the configs whole."""


@Main.calc(Main.report)
def table(c: Main) -> object:
    look_around(c)
    return c.model


def node(name: str, **known: Any) -> GraphNode:
    fields: dict[str, Any] = {
        "name": name, "type": "", "value": "", "computed": False, "option": "", "options": (), "order": -1,
        "source": "", "lost": (), "reads": (), "seconds": 0.0, "code_hash": "", "doc": "",
        "is_hyperparam": False, "is_explicitly_specified": False,
    }  # fmt: skip
    return GraphNode(**{**fields, **known})


def chain(length: int) -> Graph:
    names = [f"step{index}" for index in range(length)]
    edges = [Edge(reader, read, "always") for reader, read in pairwise(names)]
    nodes = tuple(node(name, computed=True, option="add") for name in names)
    return Graph("Chain", nodes, tuple(edges), (), ())


# Text


def test_a_tree_goes_from_what_nobody_reads_to_the_values() -> None:
    conf = Main()
    conf.epochs = 20
    assert (
        re.sub(r"test_pictures.py:\d+", "train.py:7", configs.graph(conf).to_text())
        == """\
Main
total ← product
├─ epochs = 20  (code (train.py:7))
├┄ device = 'cpu'  (default in Main)
├─ data.loader ← batches
│  ├─ data.batch_size = 64  (default in Data)
│  └─ .workers = 2
└─ model ← net
   └─ .width = 8
report ◌ ← table
└─ model ← net ↑
data.folder: str  (missing)
unused = 3  (default in Main)

├┄ may be read, or not
◌ hands the configs on, and may read more than is drawn
↑ drawn above"""
    )


def test_computed_values_stand_in_the_tree() -> None:
    conf = Data()
    assert conf.loader == [64, 2]
    assert configs.graph(conf).to_text().splitlines()[1] == "loader ← batches = [64, 2]"


def test_plain_characters_are_drawn_for_terminals_without_others() -> None:
    text = to_text(configs.graph(Main()), is_ascii=True)
    assert text.isascii()
    assert "|- data.loader <- batches" in text
    assert "`- model <- net ^" in text
    assert "|~ device = 'cpu'" in text


def test_text_in_plain_characters_spells_out_the_values_that_have_others() -> None:
    class Named(BaseConfigs):
        name: str = "é"

    assert to_text(configs.graph(Named()), is_ascii=True).isascii()


def test_a_deep_graph_is_drawn_in_pieces_of_readable_depth() -> None:
    lines = to_text(chain(10_000)).splitlines()
    assert sum(line.endswith("← add") for line in lines) == 10_000
    assert max(map(len, lines)) < 100
    assert "↓ drawn below" in lines


def test_a_node_that_is_drawn_already_is_referred_to() -> None:
    reads = [("a", "c"), ("b", "c"), ("c", "d"), ("c", "e")]
    nodes = tuple(node(name, computed=name != "e", value="1") for name in "abcde")
    text = to_text(Graph("G", nodes, tuple(Edge(*ends, "read") for ends in reads), (), ()))
    assert text.splitlines()[-4:] == ["b ← = 1", "└─ c ← ↑", "", "↑ drawn above"]


def test_a_ring_is_drawn_though_everything_in_it_is_read() -> None:
    edges = (Edge("a", "b", "always"), Edge("b", "a", "always"), Edge("c", "c", "maybe"))
    text = to_text(Graph("G", tuple(map(node, "abc")), edges, (), ()))
    assert text.splitlines()[:5] == ["G", "c", "└┄ c ↑", "a", "└─ b"]


def test_long_values_and_sources_are_shortened_to_the_width() -> None:
    long = node("name", value="x" * 500, source="y" * 500)
    lines = to_text(Graph("G", (long,), (), (), ()), width=60).splitlines()
    assert max(map(len, lines)) <= 60


def test_an_empty_graph_is_drawn_as_its_name() -> None:
    graph = configs.graph(type("Empty", (BaseConfigs,), {})())
    assert graph.to_text() == "Empty"
    assert graph.to_dot().startswith('digraph "Empty" {')
    assert graph.to_mermaid().startswith("flowchart TD\n")


# DOT and Mermaid


def test_dot_draws_parameters_in_their_item_and_nested_configs_in_clusters() -> None:
    dot = configs.graph(Main()).to_dot()
    model = next(line for line in dot.splitlines() if "model ← net" in line)
    assert ".width = 8" in model
    assert re.search(r"subgraph cluster_\d+ {\n    label=<data>.*(\n    n\d .*){3}\n  }", dot)
    assert len(re.findall(r"-> .* \[style=dashed\]", dot)) == 1
    assert dot.count('dashed" fillcolor') == dot.count("folder: missing") == 1


def test_a_parameter_that_is_computed_has_arrows_of_its_own() -> None:
    nodes = (node("model", computed=True), node("model.width", computed=True), node("size"))
    edges = (Edge("model", "model.width", "always"), Edge("model.width", "size", "always"))
    graph = Graph("G", nodes, edges, (), ())
    assert [line.strip() for line in to_dot(graph).splitlines() if "->" in line] == ["n0:p0 -> n1"]
    assert [line.strip() for line in to_mermaid(graph).splitlines() if "->" in line] == [
        "n0 --> n1"
    ]


def test_mermaid_draws_nested_configs_as_subgraphs_and_styles_by_kind() -> None:
    lines = [line.strip() for line in configs.graph(Main()).to_mermaid().splitlines()]
    assert lines[lines.index('subgraph g1["data"]') + 4] == "end"
    assert any(line.endswith('("model #8592; net<br/>.width = 8")') for line in lines)
    assert sum("-.->" in line for line in lines) == 1
    assert any(re.fullmatch(r"class n\d missing", line) for line in lines)


anything = st.text(max_size=6)
tricky = st.sampled_from(
    [
        "end", 'a"b', "a]b", "a\nb", "{a|b}", "<b>", "&amp;", "#35;", "%%{", "style:#1;", "`x`", "__a__",
        "1. x", "\\", "a.b.c", ".", "",
    ]
)  # fmt: skip
words = anything | tricky


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = draw(st.lists(words, min_size=1, max_size=6, unique=True))
    names += [f"{names[0]}.{draw(words)}"]
    nodes = tuple(
        node(
            name,
            value=draw(words),
            option=draw(words),
            computed=draw(st.booleans()),
            source=draw(words | st.just("missing")),
        )
        for name in dict.fromkeys(names)
    )
    ends = st.sampled_from(names)
    edges = st.builds(Edge, ends, ends | words, st.sampled_from(["read", "always", "maybe"]))
    return Graph(draw(words), nodes, tuple(draw(st.lists(edges, max_size=6))), (), ())


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_no_name_breaks_a_picture(graph: Graph) -> None:
    data = json.loads(graph.to_json())
    assert [known["name"] for known in data["nodes"]] == [known.name for known in graph.nodes]
    for picture in (to_text(graph), to_dot(graph), to_mermaid(graph)):
        assert all(char.isprintable() or char == "\n" for char in picture)
    for line in to_mermaid(graph).splitlines()[1:]:
        assert re.fullmatch(
            r' *(n\d+(\("[^"]*"\)|\["[^"]*"\])|subgraph g\d+\["[^"]*"\]|end|n\d+ (-->|-\.->) n\d+'
            r"|class n\d+(,n\d+)* [a-z]+|classDef [a-z]+ [\w#:,\- ]+)",
            line,
        ), line
        label = re.search(r'"([^"]*)"', line)
        assert label is None or re.fullmatch(r"(#\d+;|<br/>|[\w .,=()+'|-])*", label[1])
    for line in to_dot(graph).splitlines()[1:]:
        inside = re.sub(r"<(/?(table|tr|td)( [a-z]+=\"[\w#]*\")*)>", "", line)
        assert inside.count("<") == inside.count("label=<")
        assert re.sub(r"&(amp|lt|gt|quot|#x27);", "", line).count("&") == 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@settings(max_examples=100, deadline=None)
@given(graphs())
def test_graphviz_reads_every_picture(graph: Graph) -> None:
    # One process a graph: Graphviz 2.43 now and then stumbles over the second of several in one stream.
    done = subprocess.run(
        ["dot", "-Tcanon"], input=to_dot(graph), capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
