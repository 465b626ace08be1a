"""Downloads, without a network: what comes is moved whole into its place, and nothing is left of what fails."""

import io
import socket
import tarfile
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest
import torchvision.datasets as datasets
from torchvision.datasets import utils

import made_named
from sempairs.core.errors import UserError
from sempairs.sources.named import fetch as module
from sempairs.sources.opening import open_source

Brings = Callable[[str, Path], None]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[Brings], list[str]]:
    """Let torchvision's function for downloading call a function with the address and the folder."""

    def install(brings: Brings) -> list[str]:
        asked: list[str] = []

        def download(url: str, download_root: str, *rest: object, **named: object) -> None:
            asked.append(url.rpartition("/")[2])
            brings(url, Path(download_root))

        monkeypatch.setattr(utils, "download_and_extract_archive", download)
        for name in ("food101", "fgvc_aircraft", "dtd", "oxford_iiit_pet", "flowers102", "caltech", "sun397", "voc"):
            monkeypatch.setattr(getattr(datasets, name), "download_and_extract_archive", download)
        return asked

    return install


def nothing(url: str, folder: Path) -> None:
    raise AssertionError("nobody asked for a download")


def no_network(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "half.tar.gz").write_text("half")
    raise urllib.error.URLError("no network")


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("food101", "food-101.tar.gz"),
        ("aircraft", "fgvc-aircraft-2013b.tar.gz"),
        ("pets", "annotations.tar.gz"),
        ("sun397", "SUN397.tar.gz"),
        ("cifar10", "cifar-10-python.tar.gz"),
    ],
)
def test_a_download_is_opened_from_its_place(
    name: str,
    archive: str,
    tmp_path: Path,
    server: Callable[[Brings], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def brings(url: str, folder: Path) -> None:
        assert socket.getdefaulttimeout() == module.SECONDS
        if name == "cifar10":
            made_named.make_cifar(name, folder, monkeypatch).write_python()
        elif archive in url:
            made_named.MAKERS[name](folder.parent if name == "pets" else folder, monkeypatch)

    if name == "cifar10":  # sets torchvision's md5 to those of what will come
        made_named.make_cifar(name, tmp_path / "elsewhere", monkeypatch).write_python()
    asked = server(brings)
    root = tmp_path / "new" / "root"
    source = open_source({"name": name, "root": str(root), "size": 16, "download": True})
    assert len(source) == 12
    assert asked[-1] == archive
    assert len(list(root.iterdir())) == 1  # no temporary folder
    assert "torchvision downloads it from its original server" in caplog.text
    assert socket.getdefaulttimeout() is None
    server(nothing)
    again = open_source({"name": name, "root": str(root), "size": 16, "download": True})
    assert again.fingerprint == source.fingerprint


def test_a_second_archive_is_put_beside_the_first(
    tmp_path: Path, server: Callable[[Brings], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_named.voc2007(tmp_path / "root", monkeypatch)
    test_list = made.base / "ImageSets" / "Main" / "test.txt"
    names = test_list.read_text()
    test_list.unlink()
    for id, _ in made.splits["test"]:
        (made.base / id).unlink()
    asked = server(lambda url, folder: made_named.voc2007(folder, monkeypatch) and None)
    source = open_source({"name": "voc2007", "root": str(tmp_path / "root"), "split": "test", "download": True})
    assert (len(source), asked) == (6, ["VOCtest_06-Nov-2007.tar"])
    assert test_list.read_text() == names
    assert len(open_source({"name": "voc2007", "root": str(tmp_path / "root")})) == 12


@pytest.mark.parametrize("name", [name for name in made_named.MAKERS if name not in ("birdsnap", "cars")])
def test_a_failed_download_leaves_nothing_and_says_how_to_do_without(
    name: str, tmp_path: Path, server: Callable[[Brings], list[str]]
) -> None:
    server(no_network)
    with pytest.raises(UserError) as failed:
        open_source({"name": name, "root": str(tmp_path / "root"), "download": True})
    assert "cannot be downloaded from its original server" in failed.value.problem
    assert "no network" in str(failed.value.got)
    assert str(failed.value.todo).startswith("unpack ")
    assert list((tmp_path / "root").iterdir()) == []


def test_what_comes_and_is_not_the_data_set_is_not_kept(tmp_path: Path, server: Callable[[Brings], list[str]]) -> None:
    server(lambda url, folder: (folder / "login.html").write_text("please log in") and None)
    with pytest.raises(UserError, match="cannot be downloaded"):
        open_source({"name": "food101", "root": str(tmp_path / "root"), "download": True})
    assert list((tmp_path / "root").iterdir()) == []


def test_without_the_option_nothing_is_downloaded(tmp_path: Path, server: Callable[[Brings], list[str]]) -> None:
    server(nothing)
    with pytest.raises(UserError, match="is not in"):
        open_source({"name": "food101", "root": str(tmp_path)})


@pytest.mark.parametrize("name", ["birdsnap", "cars"])
def test_what_no_server_has_cannot_be_downloaded(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no option 'download'"):
        open_source({"name": name, "root": str(tmp_path), "download": True})


def test_an_archive_that_leads_out_of_its_folder(tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        member = tarfile.TarInfo("../../escaped.txt")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))
    with pytest.raises(UserError, match=r"outside the destination"):
        module.fetch(
            "x", tmp_path / "a" / "b", "x", lambda folder: utils.extract_archive(str(archive), str(folder)), "unpack x"
        )
    assert not list(tmp_path.rglob("escaped.txt"))


def test_a_root_that_cannot_be_written(tmp_path: Path, server: Callable[[Brings], list[str]]) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(UserError, match=r"cannot be downloaded.*\n.*(Not a directory|File exists)"):
        open_source({"name": "dtd", "root": str(tmp_path / "a file"), "download": True})
