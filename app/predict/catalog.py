"""The models that there are, and their files on the disk of this machine."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Protocol

from app.domain.errors import NotFound
from app.domain.messages import say
from app.ml.engines import OUTSIDE, module_of
from app.ml.labels import USE
from app.ml.uploads import zips
from app.predict.pool import Kept
from app.store import files
from app.store.database import Document, Store


class Catalog(Protocol):
    """Where models are found."""

    def find(self, model: str) -> Kept:
        """A model that can be asked.

        Raises:
            NotFound: there is none with this id.
        """

    def lay(self, model: Kept) -> Path:
        """The folder with its files, made if it is not there; nobody may write in it."""

    def forget(self, model: str) -> None:
        """Removes that folder."""


class StoredModels:
    """The models of the database; their archives are zips without folders."""

    def __init__(self, store: Store, folder: Path) -> None:
        """Begins with none on the disk.

        Args:
            folder: for the files, of this process alone.
        """
        self._store, self._folder = store, folder

    def find(self, model: str) -> Kept:
        """A model that can be asked.

        Raises:
            NotFound: there is none with this id.
        """
        found = self._record(model)
        engine = str(found["engine"])
        if found.get("origin") == "service":
            return Kept(
                str(found["_id"]),
                str(found["name"]),
                "",
                outside=True,
                address=str(found["address"]),
                task=str(found["task"]),
            )
        return Kept(
            str(found["_id"]),
            str(found["name"]),
            module_of(engine),
            int(found.get("size", 0)),
            outside=found.get("origin") != "trained" or engine in OUTSIDE,
        )

    def lay(self, model: Kept) -> Path:
        """The folder with its files, made if it is not there; nobody may write in it.

        Raises:
            NotFound: it has gone meanwhile, or its archive has.
        """
        folder = self._folder / model.id
        if not folder.exists():
            draft = self._folder / f"{model.id}.draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            self._unpack(self._record(model.id), draft)
            draft.chmod(0o755)
            draft.rename(folder)
        return folder

    def forget(self, model: str) -> None:
        """Removes that folder."""
        shutil.rmtree(self._folder / Path(model).name, ignore_errors=True)

    def _record(self, model: str) -> Document:
        found = self._store.models.find_one({"_id": model})
        if found is None or found.get("deleted"):
            raise NotFound(say("There is no model %(model)s.", model=model[:80]))
        return found

    def _unpack(self, record: Document, folder: Path) -> None:
        if record.get("origin") != "service":
            self._unpack_archive(record, folder)
        if record.get("use"):
            with files.open_file(self._store, str(record["project"]), str(record["use"])) as said:
                (folder / USE).write_bytes(said.read())
            (folder / USE).chmod(0o444)

    def _unpack_archive(self, record: Document, folder: Path) -> None:
        with (
            files.open_file(self._store, str(record["project"]), str(record["archive"])) as stored,
            zipfile.ZipFile(stored) as archive,
        ):
            for member in archive.infolist():
                target = folder / Path(member.filename).name
                zips.copy(archive, member, target)
                target.chmod(0o444)
